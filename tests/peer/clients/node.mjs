// Drives a peer with the client @eventstore/db-client, and stops at the first thing that differs.
//
// Nothing here knows how the peer is made: it is what a program written for a server would do.
// The package stands where this is started, not beside this file.

import { createRequire } from "node:module";
import { inspect, isDeepStrictEqual } from "node:util";

const {
  BACKWARDS,
  END,
  EventStoreDBClient,
  FORWARDS,
  MaxAppendSizeExceededError,
  NO_STREAM,
  START,
  StreamDeletedError,
  StreamNotFoundError,
  WrongExpectedVersionError,
  jsonEvent,
  streamNameFilter,
} = createRequire(`${process.cwd()}/`)("@eventstore/db-client");

function same(what, found, expected) {
  if (!isDeepStrictEqual(found, expected)) {
    console.error(`differs: ${what}\n  expected: ${inspect(expected)}\n  found:    ${inspect(found)}`);
    process.exit(1);
  }
  console.log(`ok: ${what}`);
}

async function refused(what, error, call) {
  let found;
  try {
    found = await call();
  } catch (refusal) {
    if (refusal instanceof error) {
      console.log(`ok: ${what}`);
      return refusal;
    }
    found = refusal;
  }
  console.error(`differs: ${what}\n  expected: ${error.name}\n  found:    ${inspect(found)}`);
  process.exit(1);
}

const event = (n, pad = "") =>
  jsonEvent({
    id: `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`,
    type: "noted",
    data: { n, pad },
    metadata: { by: "node" },
  });

async function numbers(reading) {
  const found = [];
  for await (const { event } of reading) {
    if (event?.streamId.startsWith("line-")) {
      found.push(event.data.n);
    }
  }
  return found;
}

async function appends(client) {
  const none = { expectedRevision: NO_STREAM };
  const written = await client.appendToStream("line-1", [event(1), event(2)], none);
  same("an append is at the next revisions", written.nextExpectedRevision, 1n);
  const refusal = await refused(
    "an append that expects no stream is refused where there is one",
    WrongExpectedVersionError,
    () => client.appendToStream("line-1", [event(9)], none),
  );
  same("the refusal says where the stream is", refusal.actualVersion, 1n);
  same("the refusal says what was expected", refusal.expectedVersion, NO_STREAM);
  const repeated = await client.appendToStream("line-1", [event(1), event(2)], none);
  same("a repeat is answered as the first time", repeated, written);

  const parts = { expectedRevision: 1n, batchAppendSize: 1 };
  const third = await client.appendToStream("line-1", [event(3), event(4)], parts);
  same("an append may come in parts", third.nextExpectedRevision, 3n);

  // With credentials of its own a call is an Append and no part of a batch.
  const alone = { expectedRevision: 3n, credentials: { username: "ops", password: "secret" } };
  const fifth = await client.appendToStream("line-1", [event(5)], alone);
  same("an append without a batch is at the next revision", fifth.nextExpectedRevision, 4n);
  await refused("and is refused at another", WrongExpectedVersionError, () =>
    client.appendToStream("line-1", [event(9)], alone),
  );
  await refused("an append beyond a megabyte is refused", MaxAppendSizeExceededError, () =>
    client.appendToStream("line-9", [event(9, "x".repeat(1024 * 1024))]),
  );
}

async function reads(client) {
  same("a stream is read forwards", await numbers(client.readStream("line-1")), [1, 2, 3, 4, 5]);
  const backwards = { direction: BACKWARDS, fromRevision: END, maxCount: 2 };
  same("and backwards", await numbers(client.readStream("line-1", backwards)), [5, 4]);
  const found = [];
  for await (const { event } of client.readStream("line-1", { fromRevision: 1n, maxCount: 1 })) {
    found.push(event);
  }
  const [second] = found;
  same("a read begins at a revision", second.revision, 1n);
  same("type, payload and metadata come back", [second.type, second.data, second.metadata], [
    "noted",
    { n: 2, pad: "" },
    { by: "node" },
  ]);
  same("the stamp is now", Math.abs(Date.now() - second.created.getTime()) < 60_000, true);
  await refused("a stream that is not there is not found", StreamNotFoundError, () =>
    numbers(client.readStream("line-9")),
  );

  await client.appendToStream("schedule-1", [event(6)]);
  await client.appendToStream("line-2", [event(7)]);
  const all = { direction: FORWARDS, fromPosition: START };
  same("the whole log is in the order of commits", await numbers(client.readAll(all)), [1, 2, 3, 4, 5, 7]);
  const last = { direction: BACKWARDS, fromPosition: END };
  same("and backwards", await numbers(client.readAll(last)), [7, 5, 4, 3, 2, 1]);
  const from = { direction: FORWARDS, fromPosition: second.position };
  same("it is read from a position on", await numbers(client.readAll(from)), [2, 3, 4, 5, 7]);
}

// What a subscription says, as words, one after the other.
function hear(subscription) {
  const heard = [];
  let wake = () => {};
  const say = (word) => {
    heard.push(word);
    wake();
  };
  subscription.on("confirmation", () => say("confirmed"));
  subscription.on("caughtUp", () => say("caught up"));
  subscription.on("data", ({ event }) => say(event.data.n));
  subscription.on("error", (error) => say(error));
  return async (count) => {
    while (heard.length < count) {
      await new Promise((woken) => (wake = woken));
    }
    return heard.splice(0, count);
  };
}

async function subscriptions(client) {
  let checkpoints = 0;
  const filter = streamNameFilter({
    prefixes: ["line-"],
    maxSearchWindow: 2,
    checkpointInterval: 1,
    checkpointReached: () => {
      checkpoints += 1;
    },
  });
  const lines = client.subscribeToAll({ fromPosition: START, filter });
  const next = hear(lines);
  // This client says what is no event as soon as it comes, and events after it.
  const before = (await next(8)).sort();
  same("a subscription is confirmed and catches up", before, [1, 2, 3, 4, 5, 7, "caught up", "confirmed"]);
  same("checkpoints came between events", checkpoints > 0, true);
  await client.appendToStream("line-2", [event(8)], { expectedRevision: 0n });
  same("and is live", await next(1), [8]);
  await lines.unsubscribe();

  const line = client.subscribeToStream("line-1", { fromRevision: 3n });
  const follow = hear(line);
  same("a stream is followed after a revision", (await follow(3)).sort(), [5, "caught up", "confirmed"]);
  await client.appendToStream("line-1", [event(10)], { expectedRevision: 4n });
  same("and live", await follow(1), [10]);
  await line.unsubscribe();
}

async function deletions(client) {
  await client.appendToStream("line-3", [event(31)]);
  await client.deleteStream("line-3", { expectedRevision: 0n });
  await refused("a deleted stream is not found", StreamNotFoundError, () => numbers(client.readStream("line-3")));
  const again = await client.appendToStream("line-3", [event(32)], { expectedRevision: NO_STREAM });
  same("it begins again, after what it had", again.nextExpectedRevision, 1n);
  await client.tombstoneStream("line-3");
  await refused("a tombstone is for ever", StreamDeletedError, () => numbers(client.readStream("line-3")));
  await refused("nothing is appended to it", StreamDeletedError, () => client.appendToStream("line-3", [event(33)]));
}

const client = EventStoreDBClient.connectionString(process.argv[2]);
await appends(client);
await reads(client);
await subscriptions(client);
await deletions(client);
await client.dispose();
process.exit(0);
