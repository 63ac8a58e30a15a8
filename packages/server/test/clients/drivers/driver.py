"""Runs a TokenServerClient on commands: one JSON object per line in, one out. Prints digests, never tokens."""

import hashlib
import json
import os
import sys
import threading
import time

from lingpai import LingpaiError, TokenServerClient

held = {}


def digest(token):
    return hashlib.sha256(token.encode()).hexdigest()[:16]


def outcome(account, call):
    try:
        token = call()
    except LingpaiError as error:
        details = {"code": error.code, "status": error.status or 0, "hint": error.hint, "platformCode": error.platform_code}
        return {"error": type(error).__name__, "text": f"{error} {error!r} {vars(error)}", **details}
    held[account] = token
    return {"token": digest(token)}


def together(callers, call):
    results = [None] * callers
    start = threading.Barrier(callers)

    def run(place):
        start.wait()
        results[place] = call()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def until_changed(account):
    before = held[account]
    while client.token(account) == before:
        time.sleep(0.005)
    return outcome(account, lambda: client.token(account))


def until_usable(account):
    found = outcome(account, lambda: client.token(account))
    while "error" in found:
        time.sleep(0.005)
        found = outcome(account, lambda: client.token(account))
    return found


def in_a_fork(account):
    """Gets a token in a child that was forked while the client's threads were running."""
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writes, json.dumps(outcome(account, lambda: client.token(account))).encode())
        os._exit(0)
    os.close(writes)
    with open(reads, encoding="utf-8") as answers:
        answer_of_child = json.loads(answers.read())
    os.waitpid(child, 0)
    return answer_of_child


def drain(account):
    """Serves the token until it fails; reports how much life was left at the last success."""
    left, calls = None, 0
    while True:
        try:
            record = client.record(account)
        except LingpaiError:
            return {"left": left, "calls": calls, **outcome(account, lambda: client.token(account))}
        left, calls = record.expires_in, calls + 1
        time.sleep(0.002)


def answer(command):
    do, account = command["do"], command.get("account")
    callers, code = command.get("callers", 1), command.get("code")
    if do == "token":
        min_life = command.get("minLife", 0)
        return together(callers, lambda: outcome(account, lambda: client.token(account, min_life)))
    if do == "reject":
        rejected = held[account] if "generation" not in command else command["generation"]
        return together(callers, lambda: outcome(account, lambda: client.report_rejected(account, rejected, code)))
    if do == "until-changed":
        return until_changed(account)
    if do == "until-usable":
        return until_usable(account)
    if do == "fork":
        return in_a_fork(account)
    if do == "drain":
        return drain(account)
    if do == "show":
        record = client.record(account)
        return f"{client} {client!r} {vars(client)} {record} {record!r} {client._accounts}"
    if do == "close":
        client.close()
        return outcome(account, lambda: client.token(account))
    raise SystemExit(f"unknown command {do}")


try:
    client = TokenServerClient(**json.loads(sys.argv[1]))
except LingpaiError as failure:
    print(json.dumps({"error": type(failure).__name__, "code": failure.code, "text": str(failure)}), flush=True)
    raise SystemExit(0)
print(json.dumps("ready"), flush=True)
for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
