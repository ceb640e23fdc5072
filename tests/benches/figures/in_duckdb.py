"""DuckDB's native table over the same facts: loads a file once, answers questions, says how long.

Reads what to do as JSON from standard input and writes what came out of it as JSON.
"""

import json
import os
import sys
import time

import duckdb

TYPES = {
    "position": "INTEGER",
    "day": "DATE",
    "programme": "TINYINT",
    "province": "TINYINT",
    "year": "SMALLINT",
    "source": "TINYINT",
    "type": "TINYINT",
    "vintage": "SMALLINT",
    "project": "INTEGER",
    "commune": "INTEGER",
    "part": "TINYINT",
    "programme_now": "TINYINT",
    "province_now": "TINYINT",
    "amount": "BIGINT",
}


def timed(run):
    begin = time.perf_counter_ns()
    result = run()
    return time.perf_counter_ns() - begin, result


def main():
    task = json.load(sys.stdin)
    connection = duckdb.connect(task["database"])
    connection.execute(f"SET threads = {task['threads']}")
    columns = ", ".join(f"'{name}': '{TYPES[name]}'" for name in task["columns"])
    load = (
        "CREATE TABLE facts AS SELECT * FROM "
        f"read_csv('{task['facts']}', header = false, columns = {{{columns}}})"
    )
    load_nanos, _ = timed(lambda: connection.execute(load))
    connection.execute("CHECKPOINT")
    rows = connection.execute("SELECT count(*) FROM facts").fetchone()[0]
    answers = []
    for sql in task["questions"]:
        nanos = []
        for _ in range(task["runs"]):
            took, answer = timed(lambda: connection.execute(sql).fetchall())
            nanos.append(took)
        answers.append({"rows": answer, "nanos": nanos})
    said = {
        "version": duckdb.__version__,
        "rows": rows,
        "bytes": os.path.getsize(task["database"]),
        "load_nanos": load_nanos,
        "answers": answers,
    }
    json.dump(said, sys.stdout)


main()
