-- The log: one row for each event, in the order it was recorded. Rows are added, never changed.
-- `position` is the only key: uniqueness of ids and revisions is kept by the one writer, and
-- checked by a scan at each start. For reading, use the views; `event_log` has everything.

-- One row for each stream: the history of one line, and so on.
CREATE TABLE streams (
    code INTEGER PRIMARY KEY,
    name TEXT NOT NULL
) STRICT;

-- One row for each kind of event, and version of its payload's shape.
CREATE TABLE event_types (
    code INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    version INTEGER NOT NULL
) STRICT;

CREATE TABLE events (
    position INTEGER PRIMARY KEY,   -- 1, 2, 3, without gaps
    stream INTEGER NOT NULL,        -- streams.code
    revision INTEGER NOT NULL,      -- 0, 1, 2 in its stream, without gaps
    event INTEGER NOT NULL,         -- event_types.code
    recorded_at INTEGER NOT NULL,   -- microseconds since 1970-01-01 UTC, strictly growing
    id BLOB NOT NULL,               -- UUID, 16 bytes
    correlation BLOB NOT NULL,      -- UUID: what was done in one request bears one
    causation BLOB,                 -- id of the event that brought this one about
    actor TEXT NOT NULL,            -- who
    data TEXT NOT NULL              -- JSON, exactly as it was recorded
) STRICT;

-- What a witness of the log kept with a batch of events, under the position of its last one.
CREATE TABLE seals (
    position INTEGER PRIMARY KEY,
    bytes BLOB NOT NULL
) STRICT;

CREATE TRIGGER events_are_not_changed BEFORE UPDATE ON events
BEGIN SELECT raise(ABORT, 'an event is never changed'); END;

CREATE TRIGGER events_are_not_deleted BEFORE DELETE ON events
BEGIN SELECT raise(ABORT, 'an event is never deleted'); END;
