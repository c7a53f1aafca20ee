// What the runtime loads. A trap leaves the WebAssembly instance unusable: the next call starts a fresh one.
import { DurableObject, WorkerEntrypoint } from "cloudflare:workers";
import * as wasm from "./index.js";

const state = wasm.__worker_init_state();

function heal() {
  if (!state.criticalError) return;
  console.error("starting a fresh instance after a trap");
  wasm.__wbg_reset_state();
  state.criticalError = false;
  state.instanceId++;
}

async function guarded(call) {
  heal();
  try {
    return await call();
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) state.criticalError = true;
    throw error;
  }
}

export default class extends WorkerEntrypoint {
  fetch(request) {
    return guarded(() => wasm.fetch(request, this.env, this.ctx));
  }
  queue(batch) {
    return guarded(() => wasm.queue(batch, this.env, this.ctx));
  }
}

export class Partition extends DurableObject {
  #object;
  #instance;
  #call(method, ...args) {
    return guarded(() => {
      if (this.#instance !== state.instanceId) {
        this.#object = new wasm.Partition(this.ctx, this.env);
        this.#instance = state.instanceId;
      }
      return this.#object[method](...args);
    });
  }
  fetch(request) {
    return this.#call("fetch", request);
  }
  alarm() {
    return this.#call("alarm");
  }
}
