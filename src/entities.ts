import { CharterRow, FundRow } from "./funds/fund.entity.js";
import { CredentialRow, InvitationRow, TreasurerRow } from "./treasurers/treasurer.entity.js";
import { DonationRow } from "./donations/donation.entity.js";
import { AidRequestRow } from "./requests/aid-request.entity.js";
import { HandEntryRow } from "./holdings/hand-entry.entity.js";
import { DisbursementRow, PayoutRow } from "./disbursements/disbursement.entity.js";

/** Every table that TypeORM knows; the doors hand it to `Database.connect`. */
export const ENTITIES = [
  FundRow,
  CharterRow,
  TreasurerRow,
  CredentialRow,
  InvitationRow,
  DonationRow,
  AidRequestRow,
  HandEntryRow,
  DisbursementRow,
  PayoutRow,
];
