-- How people read the log: every value in the form they know it, every event type a column can
-- tell. Money is in whole đồng. A view holds no data; it is made anew when its text here changes.

CREATE VIEW event_log AS
SELECT
    e.position,
    strftime('%Y-%m-%dT%H:%M:%S', e.recorded_at / 1000000, 'unixepoch')
        || printf('.%06dZ', e.recorded_at % 1000000) AS recorded_at,
    s.name AS stream,
    e.revision,
    t.name AS event,
    t.version,
    e.actor,
    lower(hex(e.id)) AS id,
    lower(hex(e.correlation)) AS correlation,
    lower(hex(e.causation)) AS causation,
    e.data
FROM events AS e
JOIN streams AS s ON s.code = e.stream
JOIN event_types AS t ON t.code = e.event;

-- A line's name, taken apart: line-NTM.10.2024.central.investment.
CREATE VIEW lines AS
WITH named AS (
    SELECT name, '["' || replace(substr(name, 6), '.', '","') || '"]' AS parts
    FROM streams
    WHERE name LIKE 'line-%'
)
SELECT
    name AS stream,
    parts ->> 0 AS programme,
    parts ->> 1 AS province,
    CAST(parts ->> 2 AS INTEGER) AS year,
    parts ->> 3 AS source,
    parts ->> 4 AS type
FROM named;

CREATE VIEW line_events AS
SELECT
    e.position,
    e.recorded_at,
    l.programme,
    l.province,
    l.year,
    l.source,
    l.type,
    e.revision,
    e.event,
    e.actor,
    e.data ->> 'reference' AS reference,
    e.data ->> 'effective_on' AS effective_on,
    CAST(e.data ->> 'amount' AS INTEGER) AS amount,
    CAST(e.data ->> 'change' AS INTEGER) AS change,
    e.data ->> 'commitment' AS commitment,
    e.data ->> 'project' AS project,
    e.data ->> 'commune' AS commune,
    e.data ->> 'kind' AS kind,
    e.data ->> 'certainty' AS certainty,
    CAST(e.data ->> 'vintage' AS INTEGER) AS vintage,
    e.data ->> 'allocation' AS allocation,
    e.data ->> 'basis' AS basis,
    e.data ->> 'advance' AS advance,
    e.data ->> 'until' AS until,
    e.data ->> 'reason' AS reason,
    e.data ->> 'note' AS note,
    e.stream,
    e.id,
    e.data
FROM event_log AS e
JOIN lines AS l ON l.stream = e.stream;

CREATE VIEW allocations AS
SELECT position, recorded_at, programme, province, year, source, type, event, reference,
    effective_on, amount, change, allocation, project, commune, kind, certainty, vintage, basis,
    reason, note, actor
FROM line_events
WHERE event IN ('line.allocated', 'line.adjusted', 'line.detailed', 'line.extended');

CREATE VIEW transfers AS
SELECT position, recorded_at, programme, province, year, source, type, event, reference,
    effective_on, amount, kind, certainty, vintage, basis, reason, note, actor
FROM line_events
WHERE event IN ('line.transferred_out', 'line.transferred_in', 'line.transfer_reclaimed');

CREATE VIEW commitments AS
SELECT position, recorded_at, programme, province, year, source, type, event, reference,
    effective_on, amount, change, commitment, allocation, project, commune, until, reason, note,
    actor
FROM line_events
WHERE event IN ('line.committed', 'line.commitment_adjusted');

CREATE VIEW disbursements AS
SELECT position, recorded_at, programme, province, year, source, type, event, reference,
    effective_on, amount, kind, commitment, advance, project, commune, certainty, basis, note,
    actor
FROM line_events
WHERE event IN ('line.disbursed', 'line.recovered');

CREATE VIEW reversals AS
SELECT position, recorded_at, programme, province, year, source, type, reference, effective_on,
    amount, reason, note, actor, data
FROM line_events
WHERE event = 'line.reversed';
