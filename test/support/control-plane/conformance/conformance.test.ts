import { describeConformance } from './describe-conformance.ts';

describeConformance('small', { controllers: true });
