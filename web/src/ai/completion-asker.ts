// When the server is asked what follows a caret, and by whom: once for a place,
// whoever wants to know; not while somebody types on; not before the server has the
// text that is asked about. Pure but for the clock that it is given.
//
// Invariants
//  1. At most one question is under way; a newer place ends it, and what waited for
//     the older one hears nothing.
//  2. Nothing is asked of a text that the server does not have.

import type { AiCompletion, AiFailure, Clock, RoomAi, RoomFile } from '../room/api';

/** A place, and whether it is still one: the text up to it has not changed. */
export interface Place {
  readonly file: RoomFile;
  readonly key: string; // of the file, the caret and the line: equal while nothing has changed
  position(): number | undefined; // in characters; undefined: it is not there any more
}

export interface Answer {
  /** Entries for a list: as soon as they are there. */
  readonly words: Promise<AiCompletion | undefined>;
  /** The last answer, with ghost text if there is any. */
  readonly lines: Promise<AiCompletion | undefined>;
}

interface Question {
  readonly key: string;
  readonly answer: Answer;
  end(): void;
}

const LEAST_PAUSE_MS = 75;
const LONGEST_PAUSE_MS = 350;
const SYNC_STEP_MS = 20;
const LONGEST_SYNC_MS = 1_500;

export class CompletionAsker {
  private question: Question | undefined;
  private pauseMs = 120; // adapts to how fast the server answers

  constructor(
    private readonly ai: RoomAi,
    private readonly clock: Clock,
    private readonly onProblem: (why: AiFailure | undefined) => void,
    private readonly onBusy: (isBusy: boolean) => void,
  ) {}

  ask(place: Place): Answer {
    if (this.question?.key === place.key) return this.question.answer;
    this.question?.end();
    const question = this.start(place);
    this.question = question;
    return question.answer;
  }

  cancel(): void {
    this.question?.end();
    this.question = undefined;
  }

  private start(place: Place): Question {
    let takeBack: (() => void) | undefined;
    let timer: unknown;
    let giveWords!: (answer: AiCompletion | undefined) => void;
    let giveLines!: (answer: AiCompletion | undefined) => void;
    const words = new Promise<AiCompletion | undefined>((resolve) => (giveWords = resolve));
    const lines = new Promise<AiCompletion | undefined>((resolve) => (giveLines = resolve));
    const finish = (answer: AiCompletion | undefined): void => {
      this.onBusy(false);
      giveWords(answer);
      giveLines(answer);
    };
    const end = (): void => {
      this.clock.clearTimer(timer);
      takeBack?.();
      finish(undefined);
    };
    const askedAt = this.clock.now();
    const askWhenSynchronised = (): void => {
      const position = place.position();
      if (position === undefined || this.clock.now() - askedAt > LONGEST_SYNC_MS) return finish(undefined);
      const rev = place.file.syncedRev;
      if (rev === undefined) {
        timer = this.clock.setTimer(SYNC_STEP_MS, askWhenSynchronised);
        return;
      }
      const sentAt = this.clock.now();
      this.onBusy(true);
      takeBack = this.ai.complete(place.file, rev, position, {
        answer: (answer) => {
          giveWords(answer);
          if (answer.more) return;
          this.adapt(this.clock.now() - sentAt);
          this.onProblem(problemOf(answer));
          finish(answer);
        },
        failed: (why) => {
          if (why.code === 'unavailable' || why.code === 'rate_limited') this.onProblem(why);
          finish(undefined);
        },
      });
    };
    timer = this.clock.setTimer(this.pauseMs, askWhenSynchronised);
    return { key: place.key, answer: { words, lines }, end };
  }

  /** A slow model is not asked at every short pause. */
  private adapt(tookMs: number): void {
    const wanted = Math.min(LONGEST_PAUSE_MS, Math.max(LEAST_PAUSE_MS, tookMs / 2));
    this.pauseMs = (this.pauseMs * 3 + wanted) / 4;
  }
}

function problemOf({ problem, retryMs }: AiCompletion): AiFailure | undefined {
  return problem === undefined ? undefined : { code: 'unavailable', message: problem, retryMs };
}
