import { Module, type DynamicModule, type Type } from "@nestjs/common";
import { APP_FILTER } from "@nestjs/core";
import { Clock } from "./kernel/clock.js";
import { METRICS_TOKEN, PRACTICE, REPORT } from "./platform/config/tokens.js";
import { Database } from "./platform/database/database.js";
import { Acts } from "./platform/http/acts.service.js";
import { PublicAddress } from "./platform/http/address.js";
import { HealthController } from "./platform/http/health.controller.js";
import { Limits } from "./platform/http/limits.js";
import { ProofOfWork } from "./platform/http/proof-of-work.service.js";
import { Jobs } from "./platform/jobs/jobs.js";
import { Mail } from "./platform/mail/mail.js";
import { CardService } from "./platform/stripe/stripe.js";
import { AssetsController } from "./pages/assets.controller.js";
import { RefusalFilter } from "./pages/refusal.filter.js";
import { GroupCommit } from "./ledger/group-commit.service.js";
import { JournalReads } from "./ledger/journal-reads.service.js";
import { Journal } from "./ledger/journal.service.js";
import { PublicGivings } from "./publication/public-giving.service.js";
import { Publisher } from "./publication/publisher.service.js";
import { MoneyBatches } from "./publication/money-batches.service.js";
import { PublicReceipts } from "./publication/public-receipts.service.js";
import { Submissions } from "./publication/submissions.service.js";
import { LogKeeper } from "./tlog/log-keeper.service.js";
import { LogReads } from "./tlog/log-reads.service.js";
import type { LogSigner } from "./tlog/signer.js";
import type { Policy } from "./tlog/policy.js";
import { WitnessGateway } from "./tlog/witness.gateway.js";
import { Witnesses } from "./tlog/witnesses.service.js";
import { ReleaseCheck } from "./release-check.js";
import { FundClock } from "./fund-clock.js";
import { ComingChanges } from "./funds/coming-changes.js";
import { FrontNames } from "./funds/front-names.js";
import { FundController } from "./funds/fund.controller.js";
import { Funds } from "./funds/funds.service.js";
import { Meters } from "./funds/meters.service.js";
import { Decisions } from "./treasurers/decisions.service.js";
import { Changes } from "./treasurers/changes.service.js";
import { PublicChanges } from "./treasurers/public-changes.service.js";
import { ChangesInForce } from "./treasurers/changes-in-force.service.js";
import { Suspensions } from "./treasurers/suspensions.service.js";
import { RulesController } from "./treasurers/rules.controller.js";
import { DecisionsController } from "./treasurers/decisions.controller.js";
import { DeskActs } from "./treasurers/desk-acts.service.js";
import { Enrolment } from "./treasurers/enrolment.service.js";
import { Genesis } from "./treasurers/genesis.service.js";
import { Invitations } from "./treasurers/invitations.service.js";
import { Passkeys } from "./treasurers/passkeys.service.js";
import { Seats } from "./treasurers/seats.service.js";
import { Signatures } from "./treasurers/signatures.service.js";
import { Sessions } from "./treasurers/sessions.service.js";
import { TreasurersController } from "./treasurers/treasurers.controller.js";
import { Admission } from "./donations/limits/admission.service.js";
import { Booking } from "./donations/booking/booking.service.js";
import { CardHealth } from "./donations/limits/card-health.service.js";
import { CardPauseController } from "./donations/limits/card-pause.controller.js";
import { CardPause } from "./donations/limits/card-pause.service.js";
import { Checkout } from "./donations/giving/checkout.service.js";
import { DonationsController } from "./donations/giving/donations.controller.js";
import { DonorNameController } from "./donations/giving/donor-name.controller.js";
import { GiveController } from "./donations/giving/give.controller.js";
import { GiveLinksController } from "./donations/giving/give-links.controller.js";
import { NamedDonors } from "./donations/giving/named-donors.service.js";
import { GiftLines } from "./donations/receipts/gift-lines.service.js";
import { ReceiptPagesController } from "./donations/receipts/receipt-pages.controller.js";
import { Receipts } from "./donations/receipts/receipts.service.js";
import { CardGifts } from "./donations/refunds/card-gifts.service.js";
import { GiftsController } from "./donations/refunds/gifts.controller.js";
import { RefundOrders } from "./donations/refunds/refund-orders.service.js";
import { ShareCards } from "./donations/giving/share-card.service.js";
import { StripeBalance } from "./donations/booking/stripe-balance.service.js";
import { StripeBalanceController } from "./donations/booking/stripe-balance.controller.js";
import { StripeEventsController } from "./donations/booking/stripe-events.controller.js";
import { StripeEvents } from "./donations/booking/stripe-events.service.js";
import { Alarms } from "./treasurers/alarms.service.js";
import { CardFunds } from "./donations/booking/card-funds.service.js";
import { LineBooking } from "./donations/booking/line-booking.service.js";
import { PayoutBooking } from "./donations/booking/payouts-booking.service.js";
import { Pledges } from "./donations/pledges/pledges.service.js";
import { PledgesEnd } from "./donations/pledges/pledges-end.service.js";
import { Releases } from "./donations/booking/releases.service.js";
import { StripeJobs } from "./donations/booking/stripe-jobs.service.js";
import { NamedGifts } from "./donations/booking/named-gifts.service.js";
import { StripeLines } from "./donations/booking/stripe-lines.service.js";
import { Sweep } from "./donations/booking/sweep.service.js";
import { AskController } from "./requests/ask.controller.js";
import { Notices } from "./disbursements/notices/notices.service.js";
import { NoticesController } from "./disbursements/notices/notices.controller.js";
import { Conversations } from "./requests/messages/conversations.service.js";
import { MessagesController } from "./requests/messages/messages.controller.js";
import { FoundRequests } from "./requests/found-requests.service.js";
import { AnotherCode } from "./requests/another-code.service.js";
import { AnotherCodeController } from "./requests/another-code.controller.js";
import { ClaimActs } from "./requests/claim-acts.service.js";
import { ClaimCodes } from "./requests/claim-codes.service.js";
import { ClaimedRequestController } from "./requests/claimed-request.controller.js";
import { Claims } from "./requests/claims.service.js";
import { ErasureController } from "./requests/erasure.controller.js";
import { LegalHolds } from "./requests/legal-holds.service.js";
import { CodesController } from "./requests/codes.controller.js";
import { Erasure } from "./requests/erasure.service.js";
import { Intake } from "./requests/intake.service.js";
import { AskAdmission } from "./requests/limits/ask-admission.service.js";
import { AskingPause } from "./requests/limits/asking-pause.service.js";
import { Floods } from "./requests/limits/floods.service.js";
import { LineController } from "./requests/limits/line.controller.js";
import { Line } from "./requests/line.service.js";
import { SealingKeysReads } from "./requests/sealing-keys.service.js";
import { RelockingController } from "./requests/relocking/relocking.controller.js";
import { Relocking } from "./requests/relocking/relocking.service.js";
import { RequestKeys } from "./requests/request-keys.service.js";
import { RequestsController } from "./requests/requests.controller.js";
import { SentParts } from "./requests/sent-parts.service.js";
import { Standings } from "./requests/standings.service.js";
import { StatusController } from "./requests/status.controller.js";
import { WayIn } from "./requests/way-in.service.js";
import { Approvals } from "./disbursements/approvals.service.js";
import { AlarmsController } from "./treasurers/alarms.controller.js";
import { DeskController } from "./disbursements/desk.controller.js";
import { DeskService } from "./disbursements/desk.service.js";
import { EvidenceController } from "./disbursements/evidence.controller.js";
import { Openings } from "./disbursements/openings.service.js";
import { Payouts } from "./disbursements/payouts.service.js";
import { DrawsController } from "./disbursements/draws/draws.controller.js";
import { Draws } from "./disbursements/draws/draws.service.js";
import { OutOfTurnController } from "./disbursements/out-of-turn.controller.js";
import { OutOfTurn } from "./disbursements/out-of-turn.service.js";
import { Selections } from "./disbursements/selection.service.js";
import { Custody } from "./holdings/custody.service.js";
import { HandEntries } from "./holdings/hand-entries.service.js";
import { HoldingsController } from "./holdings/holdings.controller.js";
import { HoldingsPageController } from "./holdings/holdings-page.controller.js";
import { SponsorAccount } from "./holdings/sponsor-account.service.js";
import { Statements } from "./holdings/statements.service.js";
import { LineMatches } from "./reconciliation/line-matches.service.js";
import { StatementLines } from "./reconciliation/statement-lines.service.js";
import { StatementReads } from "./reconciliation/statement-reads.service.js";
import { StatementsPageController } from "./reconciliation/statements-page.controller.js";
import { Figures } from "./open-books/figures.service.js";
import { ExportsController } from "./open-books/exports.controller.js";
import { OpenBooksController } from "./open-books/open-books.controller.js";

/** A slow witness is asked again at the next tick. */
const WITNESS_TIMEOUT_MS = 5000;

/** What the doors bring along. */
export interface Parts {
  readonly database: Database;
  readonly clock: Clock;
  readonly address: PublicAddress;
  readonly cards: CardService;
  readonly mail: Mail;
  readonly practice: boolean;
  readonly limitLoopback: boolean;
  readonly metricsToken: string | null;
  /** The worker alone holds the keys of the logs. */
  readonly logSigner: LogSigner | null;
  /** Whom the worker asks to witness the logs. */
  readonly logPolicy: Policy | null;
  /** One line for the operator: places and kinds of errors, never what people sent. */
  readonly report: (line: string) => void;
  /** Pages that only practice has. */
  readonly practiceControllers?: readonly Type[];
}

const CONTROLLERS = [
  HealthController, AssetsController, ExportsController, OpenBooksController, TreasurersController, DonationsController, GiveController, GiveLinksController,
  DonorNameController, ReceiptPagesController, CardPauseController, GiftsController, StripeBalanceController, StripeEventsController,
  RequestsController, ClaimedRequestController, AskController, StatusController, CodesController, LineController, ErasureController, AnotherCodeController, MessagesController, RelockingController, HoldingsController, HoldingsPageController, StatementsPageController, AlarmsController, DecisionsController, RulesController, NoticesController, OutOfTurnController, DrawsController, EvidenceController, DeskController, FundController,
]; // prettier-ignore

const SERVICES = [
  Jobs, Acts, Journal, JournalReads, GroupCommit, LogReads, Submissions, PublicReceipts, MoneyBatches, Publisher, Funds, Meters, Invitations, Seats, Passkeys, Signatures, Sessions, DeskActs, Decisions, Changes, PublicChanges, ChangesInForce, Suspensions, Alarms, Enrolment, Genesis,
  ProofOfWork, CardPause, CardHealth, Admission, GiftLines, Checkout, Receipts, NamedDonors, ShareCards, PublicGivings, StripeEvents, CardFunds, StripeJobs, StripeLines, NamedGifts, Booking, LineBooking, PayoutBooking, StripeBalance, CardGifts, RefundOrders, Pledges, PledgesEnd, Releases, Sweep,
  AskingPause, Floods, AskAdmission, SealingKeysReads, Intake, RequestKeys, SentParts, Line, LegalHolds, Erasure, Claims, ClaimActs, ClaimCodes, FoundRequests, AnotherCode, Conversations, Relocking, Standings, WayIn, Selections, Draws, OutOfTurn, Approvals, Openings, Payouts, Custody, SponsorAccount, Statements, HandEntries, StatementLines, LineMatches, StatementReads, DeskService, Notices, Figures, ReleaseCheck, FundClock,
]; // prettier-ignore

/** The one file that knows every room. */
@Module({})
export class AppModule {
  static with(parts: Parts): DynamicModule {
    return {
      module: AppModule,
      // The practice pages come first, and the fund's front last: its address is any one word.
      controllers: [...(parts.practiceControllers ?? []), ...CONTROLLERS],
      providers: [
        ...SERVICES,
        { provide: Database, useValue: parts.database },
        { provide: Clock, useValue: parts.clock },
        { provide: PublicAddress, useValue: parts.address },
        { provide: CardService, useValue: parts.cards },
        { provide: Mail, useValue: parts.mail },
        { provide: Limits, useValue: new Limits(parts.practice && !parts.limitLoopback) },
        {
          provide: Witnesses,
          useFactory: (reads: LogReads) =>
            new Witnesses(reads, new WitnessGateway(fetch, WITNESS_TIMEOUT_MS), parts.logPolicy, parts.report),
          inject: [LogReads],
        },
        {
          provide: LogKeeper,
          useFactory: (witnesses: Witnesses) => new LogKeeper(parts.logSigner, witnesses),
          inject: [Witnesses],
        },
        // The fund's front shows names that only the room of gifts knows.
        { provide: FrontNames, useExisting: NamedDonors },
        { provide: ComingChanges, useExisting: PublicChanges },
        { provide: PRACTICE, useValue: parts.practice },
        { provide: METRICS_TOKEN, useValue: parts.metricsToken },
        { provide: REPORT, useValue: parts.report },
        { provide: APP_FILTER, useValue: new RefusalFilter(parts.report) },
      ],
    };
  }
}
