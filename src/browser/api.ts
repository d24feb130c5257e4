import { newToken } from "../kernel/ids.js";

/** A refusal of the server, by its stable code. */
export class Refused extends Error {
  constructor(readonly code: string) {
    super(code);
  }
}

/** The API of one fund. Writes carry an Idempotency-Key of their own. */
export interface FundApi {
  post<T>(path: string, body?: object): Promise<T>;
  get<T>(path: string): Promise<T>;
}

export function apiOf(fund: string): FundApi {
  const call = async <T>(path: string, init: RequestInit): Promise<T> => {
    let answer: Response;
    try {
      answer = await fetch(`/api/v1/funds/${fund}/${path}`, { ...init, credentials: "same-origin" });
    } catch {
      throw new Refused("busy");
    }
    const text = await answer.text();
    if (!answer.ok) {
      const type = (JSON.parse(text === "" ? "{}" : text) as { type?: string }).type ?? "";
      throw new Refused(type.replace("urn:commonpot:problem:", "") || "broken");
    }
    return (text === "" ? {} : JSON.parse(text)) as T;
  };
  return {
    post: <T>(path: string, body: object = {}): Promise<T> =>
      call<T>(path, {
        method: "POST",
        headers: { "content-type": "application/json", "idempotency-key": newToken() },
        body: JSON.stringify(body),
      }),
    get: <T>(path: string): Promise<T> => call<T>(path, {}),
  };
}

export function byId<T extends HTMLElement>(id: string): T | null {
  return document.getElementById(id) as T | null;
}

export function show(element: HTMLElement | null, text?: string): void {
  if (!element) return;
  if (text !== undefined) element.textContent = text;
  element.hidden = false;
}
