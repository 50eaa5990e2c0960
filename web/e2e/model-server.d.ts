// The model that live tests script (tests/live/support), as far as windows need it.

declare module '*/model_server.mjs' {
  export interface Asked {
    readonly isChat: boolean;
    readonly said: string;
    readonly ended: string | undefined;
  }
  export type Act = (exchange: { readonly asked: Asked }) => Promise<void>;
  export function says(text: string, pace?: { firstMs?: number; everyMs?: number; pieceChars?: number }): Act;
  export function fails(status: number): Act;
  export function stalls(): Act;
  export class ModelServer {
    static start(): Promise<ModelServer>;
    readonly url: string;
    readonly host: string;
    readonly requests: readonly Asked[];
    answers(act: Act): void;
    next(...acts: Act[]): void;
    reset(): void;
    end(): Promise<void>;
  }
}
