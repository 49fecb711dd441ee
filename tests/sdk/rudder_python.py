"""Sends every kind of call through the unmodified SDK: ``rudder_python.py ADDRESS KEY COUNT``. Prints the ids as JSON.

Runs in the environment of the peers. After the first half it prints ``half`` and waits for a line.
"""

import json
import sys

from rudderstack.analytics.client import Client


def main(address: str, key: str, count: str) -> None:
    failures: list[str] = []
    client = Client(
        key,
        host=address,
        on_error=lambda error, _items: failures.append(str(error)),
        upload_interval=0.1,
        upload_size=20,
    )
    ids: list[str] = []

    def named() -> str:
        ids.append(f"rudder-python-{len(ids)}")
        return ids[-1]

    for index in range(int(count)):
        if index == int(count) // 2:
            client.flush()
            print("half", flush=True)
            sys.stdin.readline()
        properties = {"location_id": "club-1", "index": index}
        client.track(f"u{index % 7}", "Checked In", properties, message_id=named())
    client.identify("u1", {"plan": "gold"}, message_id=named())
    client.page("u1", "home", "Start", {"path": "/"}, message_id=named())
    client.screen("u1", "home", "Start", message_id=named())
    client.group("u1", "g1", {"name": "Club"}, message_id=named())
    client.alias("a1", "u1", message_id=named())
    client.flush()
    client.shutdown()
    print(json.dumps({"ids": ids, "failures": failures}))


if __name__ == "__main__":
    main(*sys.argv[1:4])
