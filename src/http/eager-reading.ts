import type { Dispatcher } from 'undici';

/**
 * Takes in an answer as fast as it comes, whatever its reader says. undici up to 7.30.2 ends the whole process by an assertion
 * when the server closes the connection while reading is paused (nodejs/undici#5360): Radicale closes after every answer, and one
 * of a few hundred kilobytes is enough. What is read ahead is bounded by the size limit of `readBody`.
 */
export const eagerReading: Dispatcher.DispatcherComposeInterceptor = (dispatch) => (options, handler) =>
  dispatch(options, new EagerHandler(handler));

type Handler = Dispatcher.DispatchHandler;
type Heard<Name extends keyof Handler> = Parameters<NonNullable<Handler[Name]>>;

class EagerHandler implements Handler {
  readonly #inner: Handler;

  constructor(inner: Handler) {
    this.#inner = inner;
  }

  onRequestStart(...[controller, context]: Heard<'onRequestStart'>): void {
    controller.pause = () => {};
    this.#inner.onRequestStart?.(controller, context);
  }

  onResponseStart(...heard: Heard<'onResponseStart'>): void {
    this.#inner.onResponseStart?.(...heard);
  }

  onResponseData(...heard: Heard<'onResponseData'>): void {
    this.#inner.onResponseData?.(...heard);
  }

  onResponseEnd(...heard: Heard<'onResponseEnd'>): void {
    this.#inner.onResponseEnd?.(...heard);
  }

  onResponseError(...heard: Heard<'onResponseError'>): void {
    this.#inner.onResponseError?.(...heard);
  }
}
