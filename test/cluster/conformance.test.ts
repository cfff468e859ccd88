import { findAssets } from '../support/control-plane/assets.ts';
import { describeConformance } from '../support/control-plane/conformance/describe-conformance.ts';

describeConformance('real', { controllers: findAssets()?.kubeControllerManager !== undefined });
