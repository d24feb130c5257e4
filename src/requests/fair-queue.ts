import { Refusal } from "../kernel/refusal.js";
import { Tally } from "../platform/http/tally.js";

/** For so long it is remembered how much a client has had. */
const MEMORY_SECONDS = 600;

interface Turn {
  readonly client: string;
  readonly begin: () => void;
  readonly refuse: (why: Refusal) => void;
}

export interface QueueSize {
  /** How many run at once. */
  readonly width: number;
  readonly waitingMax: number;
  /** One client's share of those who wait. */
  readonly waitingPerClientMax: number;
}

/**
 * Turns at something that costs. Next is who has had least of late, then who came first: a client that has tried a thousand times waits for everybody who has not, and a newcomer waits
 * for what is running and for other newcomers alone. Where the queue is full, the last turn of whoever has had and wants most makes room. `busy` says: come back.
 */
export class FairQueue {
  private running = 0;
  private waiting: Turn[] = [];
  private readonly had = new Tally(MEMORY_SECONDS);

  constructor(
    private readonly size: QueueSize,
    private readonly now: () => Date,
  ) {}

  async run<T>(client: string, act: () => Promise<T>): Promise<T> {
    if (this.running >= this.size.width) await this.turn(client);
    else this.running++;
    this.had.add(client, this.now());
    try {
      return await act();
    } finally {
      // A place goes from hand to hand, so that nobody who comes just now takes it from those who wait.
      const next = this.next();
      if (next === null) this.running--;
      else next.begin();
    }
  }

  private turn(client: string): Promise<void> {
    if (this.waitingOf(client) >= this.size.waitingPerClientMax) throw new Refusal("busy");
    if (this.waiting.length >= this.size.waitingMax) this.makeRoomFor(client);
    return new Promise<void>((begin, refuse) => this.waiting.push({ client, begin, refuse }));
  }

  private next(): Turn | null {
    const at = this.now();
    let best: Turn | null = null;
    let least = Infinity;
    for (const turn of this.waiting) {
      const had = this.had.count(turn.client, at);
      if (had < least) [best, least] = [turn, had];
    }
    this.waiting = this.waiting.filter((turn) => turn !== best);
    return best;
  }

  private makeRoomFor(client: string): void {
    const at = this.now();
    const weights = new Map<string, number>();
    for (const turn of this.waiting)
      weights.set(turn.client, (weights.get(turn.client) ?? this.had.count(turn.client, at)) + 1);
    const own = (weights.get(client) ?? this.had.count(client, at)) + 1;
    const [heaviest, weight] = [...weights].reduce((most, each) => (each[1] > most[1] ? each : most), ["", 0]);
    const last = this.waiting.findLast((turn) => turn.client === heaviest);
    if (last === undefined || weight <= own) throw new Refusal("busy");
    this.waiting = this.waiting.filter((turn) => turn !== last);
    last.refuse(new Refusal("busy"));
  }

  private waitingOf(client: string): number {
    return this.waiting.filter((turn) => turn.client === client).length;
  }
}
