"""Drives a peer with the client kurrentdbclient, and stops at the first thing that differs.

Nothing here knows how the peer is made: it is what a program written for a server would do.
"""

import sys
from datetime import datetime, timedelta, timezone
from uuid import UUID

from kurrentdbclient import CaughtUp, Checkpoint, KurrentDBClient, NewEvent, StreamState
from kurrentdbclient.exceptions import (
    FailedPreconditionError,
    MaximumAppendSizeExceededError,
    NotFoundError,
    StreamIsDeletedError,
    UnauthenticatedError,
    WrongCurrentVersionError,
)

OF_LINES = {
    "filter_include": ("line-",),
    "filter_by_stream_name": True,
    "filter_by_prefix": True,
}


def same(what, found, expected):
    if found != expected:
        sys.exit(f"differs: {what}\n  expected: {expected!r}\n  found:    {found!r}")
    print(f"ok: {what}")


def refused(what, error, call):
    try:
        found = call()
    except error as refusal:
        print(f"ok: {what}")
        return refusal
    except Exception as other:
        found = other
    sys.exit(f"differs: {what}\n  expected: {error.__name__}\n  found:    {found!r}")


def event(number, size=0):
    data = b'{"n":%d,"pad":"%s"}' % (number, b"x" * size)
    return NewEvent(id=UUID(int=number), type="noted", data=data, metadata=b'{"by":"python"}')


def numbers(events):
    return [event.id.int for event in events]


def appends(client):
    written = client.append_to_stream("line-1", events=event(1), current_version=StreamState.NO_STREAM)
    refusal = refused(
        "an append that expects no stream is refused where there is one",
        WrongCurrentVersionError,
        lambda: client.append_to_stream("line-1", events=event(9), current_version=StreamState.NO_STREAM),
    )
    same("the refusal says where the stream is", refusal.actual_version, 0)
    repeated = client.append_to_stream("line-1", events=event(1), current_version=StreamState.NO_STREAM)
    same("a repeat has the position of the first time", repeated, written)

    batch = [event(2), event(3)]
    written = client.append_to_stream("line-1", events=batch, current_version=0)
    refusal = refused(
        "a batch at another revision is refused",
        WrongCurrentVersionError,
        lambda: client.append_to_stream("line-1", events=[event(9)], current_version=7),
    )
    same("the refusal of a batch says where the stream is", refusal.actual_version, 2)
    repeated = client.append_to_stream("line-1", events=batch, current_version=0)
    same("a repeat of a batch has the position of the first time", repeated, written)
    repeated = client.append_to_stream("line-1", events=batch, current_version=StreamState.ANY)
    same("so has one where any revision would do", repeated, written)
    refused(
        "a stream that must exist and does not is refused",
        WrongCurrentVersionError,
        lambda: client.append_to_stream("line-9", events=[event(9)], current_version=StreamState.EXISTS),
    )
    refused(
        "a batch beyond a megabyte is refused",
        MaximumAppendSizeExceededError,
        lambda: client.append_to_stream(
            "line-9", events=[event(9, 1024 * 1024)], current_version=StreamState.ANY
        ),
    )
    same("nothing refused was written", client.get_current_version("line-9"), StreamState.NO_STREAM)


def reads(client):
    found = client.get_stream("line-1")
    same("a stream is read forwards", numbers(found), [1, 2, 3])
    same("revisions count from 0", [it.stream_position for it in found], [0, 1, 2])
    first = found[0]
    same("payload and metadata come back", (first.data, first.metadata), (event(1).data, b'{"by":"python"}'))
    same("type and content type come back", (first.type, first.content_type), ("noted", "application/json"))
    age = datetime.now(timezone.utc) - first.recorded_at
    same("the stamp is now", timedelta(0) <= age < timedelta(minutes=1), True)
    found = client.get_stream("line-1", backwards=True, limit=2)
    same("a stream is read backwards, so many of it", numbers(found), [3, 2])
    found = client.get_stream("line-1", stream_position=1, backwards=True)
    same("backwards includes where it begins", numbers(found), [2, 1])
    refused("a stream that is not there is not found", NotFoundError, lambda: client.get_stream("line-9"))

    client.append_to_stream("schedule-1", events=event(4), current_version=StreamState.NO_STREAM)
    client.append_to_stream("line-2", events=event(5), current_version=StreamState.NO_STREAM)
    found = tuple(client.read_all(**OF_LINES))
    same("the whole log is read by a prefix", numbers(found), [1, 2, 3, 5])
    places = [it.commit_position for it in found]
    same("positions grow", places, sorted(set(places)))
    same("positions are no counts", places[-1] > 100, True)
    found = tuple(client.read_all(backwards=True, **OF_LINES))
    same("the whole log is read backwards", numbers(found), [5, 3, 2, 1])
    found = tuple(client.read_all(commit_position=places[1], **OF_LINES))
    same("forwards from a position includes it", numbers(found), [2, 3, 5])
    found = tuple(client.read_all(commit_position=places[1], backwards=True, **OF_LINES))
    same("backwards from a position does not", numbers(found), [1])
    found = tuple(client.read_all())
    same("the client's own filter leaves out the server's events", numbers(found), [1, 2, 3, 4, 5])
    everything = [it.stream_name for it in client.read_all(filter_exclude=())]
    same("without it they are there", any(it.startswith("$") for it in everything), True)
    of_type = tuple(client.read_all(filter_include=("not.d",)))
    same("the whole log is read by an expression of types", numbers(of_type), [1, 2, 3, 4, 5])
    same("the head is a commit position", client.get_commit_position(), places[-1])


def words(message):
    if isinstance(message, CaughtUp):
        return "caught up"
    return "checkpoint" if isinstance(message, Checkpoint) else message.id.int


def subscriptions(client):
    told = {"include_caught_up": True, "include_checkpoints": True}
    with client.subscribe_to_all(**OF_LINES, **told) as subscription:
        before = [words(next(subscription)) for _ in range(6)]
        same("a subscription catches up", before, [1, 2, 3, 5, "checkpoint", "caught up"])
        client.append_to_stream("line-2", events=event(6), current_version=0)
        same("and is live", words(next(subscription)), 6)
    third = client.get_stream("line-1")[2].commit_position
    with client.subscribe_to_all(commit_position=third, **OF_LINES) as subscription:
        same("it goes on after a position", [words(next(subscription)) for _ in range(2)], [5, 6])
    with client.subscribe_to_all(from_end=True, **OF_LINES, **told) as subscription:
        same("from the end it is live at once", words(next(subscription)), "caught up")
        client.append_to_stream("line-2", events=event(7), current_version=1)
        same("and hears what comes", words(next(subscription)), 7)
    window = {"window_size": 2, "checkpoint_interval_multiplier": 1, "include_checkpoints": True}
    with client.subscribe_to_all(**OF_LINES, **window) as subscription:
        heard = [words(next(subscription)) for _ in range(4)]
        same("checkpoints come between events", "checkpoint" in heard, True)
    with client.subscribe_to_stream("line-1", stream_position=0, include_caught_up=True) as subscription:
        before = [words(next(subscription)) for _ in range(3)]
        same("a stream is followed after a revision", before, [2, 3, "caught up"])
        client.append_to_stream("line-1", events=event(8), current_version=2)
        same("and live", words(next(subscription)), 8)


def deletions(client):
    client.append_to_stream("line-3", events=event(31), current_version=StreamState.NO_STREAM)
    refused(
        "a deletion at another revision is refused",
        WrongCurrentVersionError,
        lambda: client.delete_stream("line-3", current_version=5),
    )
    client.delete_stream("line-3", current_version=0)
    refused("a deleted stream is not found", NotFoundError, lambda: client.get_stream("line-3"))
    client.append_to_stream("line-3", events=event(32), current_version=StreamState.NO_STREAM)
    found = client.get_stream("line-3")
    same("it begins again, after what it had", [(it.id.int, it.stream_position) for it in found], [(32, 1)])
    client.tombstone_stream("line-3", current_version=StreamState.ANY)
    refused("a tombstone is for ever", StreamIsDeletedError, lambda: client.get_stream("line-3"))
    refused(
        "nothing is appended to it",  # which this client passes on under a name of its own
        FailedPreconditionError,
        lambda: client.append_to_stream("line-3", events=event(33), current_version=StreamState.ANY),
    )
    refused(
        "nor as a batch",
        StreamIsDeletedError,
        lambda: client.append_to_stream("line-3", events=[event(33)], current_version=StreamState.ANY),
    )


def credentials(uri):
    with KurrentDBClient(uri=uri.replace("ops:secret@", "ops:guessed@")) as client:
        refused(
            "wrong credentials are refused",
            UnauthenticatedError,
            lambda: client.append_to_stream("line-9", events=event(9), current_version=StreamState.ANY),
        )


def main(uri):
    with KurrentDBClient(uri=uri) as client:
        appends(client)
        reads(client)
        subscriptions(client)
        deletions(client)
    if "ops:secret@" in uri:
        credentials(uri)


main(sys.argv[1])
