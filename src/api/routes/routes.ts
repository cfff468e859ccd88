import type { Operation } from '../operation.ts';
import { createApiKey, listApiKeys, revokeApiKey } from './api-keys.ts';
import { listAudit } from './audit.ts';
import { adjustPoints, restorePoints } from './card-points.ts';
import { freezeCard, unfreezeCard } from './card-status.ts';
import { readAdminCard, searchCards } from './cards-admin.ts';
import { enrolCard, findCard, readStoreCard } from './cards-store.ts';
import { eraseCustomerOperation } from './customers.ts';
import { googleCalls } from './google-callback.ts';
import { googleLinkOperation } from './google-link.ts';
import { earnPoints, listEntries, redeemPoints, voidCardEntry } from './entries.ts';
import { changeMerchant, createMerchant, listMerchants, readMerchant } from './merchants.ts';
import { changeProgram, createProgram, listPrograms, readProgram } from './programs.ts';
import { restoreRun } from './run-restore.ts';
import { listRuns, readRun, readRunFailures, readRunMerchants } from './runs.ts';
import { applePassOperation } from './apple-pass.ts';
import { appleWebService } from './apple-web-service.ts';
import { listProgramImages, putProgramImage, readProgramImage, removeProgramImage } from './program-images.ts';
import type { AppleWallet } from '../apple/apple-wallet.ts';
import type { DeviceComplaints } from '../apple/device-complaints.ts';
import { syncWallet } from './wallet-sync.ts';
import { type WalletStatusDeps, walletStatusOperation } from './wallet-status.ts';
import type { GoogleServing } from '../google/google-serving.ts';

export interface RoutesDeps extends WalletStatusDeps {
  /** Absent: Google Wallet is not configured. */
  google?: GoogleServing;
  /** Absent: Apple Wallet is not configured. */
  apple?: AppleWallet;
  complaints?: DeviceComplaints;
}

/** Every operation of the API, in the order in which the documentation lists them. */
export function routes(deps: RoutesDeps): readonly Operation[] {
  return [
    enrolCard,
    findCard,
    readStoreCard,
    earnPoints,
    redeemPoints,
    listEntries,
    voidCardEntry,
    applePassOperation(deps.apple, deps.appleLacks),
    googleLinkOperation(deps.google),
    createMerchant,
    listMerchants,
    readMerchant,
    changeMerchant,
    createProgram,
    listPrograms,
    readProgram,
    changeProgram,
    listProgramImages,
    readProgramImage,
    putProgramImage,
    removeProgramImage,
    searchCards,
    readAdminCard,
    adjustPoints,
    restorePoints,
    freezeCard,
    unfreezeCard,
    eraseCustomerOperation,
    listRuns,
    readRun,
    readRunMerchants,
    readRunFailures,
    restoreRun,
    createApiKey,
    listApiKeys,
    revokeApiKey,
    listAudit,
    walletStatusOperation(deps),
    ...appleWebService(deps.apple, deps.complaints),
    ...googleCalls(deps.google),
    syncWallet,
  ];
}
