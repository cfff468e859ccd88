import { Model } from 'objection';
import type { ExpiryTerms } from '../../../domain/ledger/posting.ts';
import type { Appearance } from '../../../domain/wallet/pass-content.ts';

type Rounding = Extract<ExpiryTerms, { rounding: string }>['rounding'];

/** A row of `programs`. `expiry_days` is null exactly when the mode is `none`. */
export class Program extends Model {
  static override tableName = 'programs';
  static override idColumn = ['merchant_id', 'id'];
  declare merchant_id: string;
  declare id: string;
  declare name: string;
  declare points_name: string;
  declare expiry_mode: ExpiryTerms['mode'];
  declare expiry_days: number | null;
  declare expiry_rounding: Rounding;
  declare warning_days: number;
  declare wallet_class: string | null;
  declare wallet: Appearance;
  declare wallet_version: number;
  declare created_at: Date;
  declare updated_at: Date;
}
