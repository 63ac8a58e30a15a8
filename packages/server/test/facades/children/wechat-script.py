"""A script as many have it: a token until its end, and no second attempt. It takes the orders of sdk-process.ts."""

import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor

CLIENT = sys.argv[1]
if CLIENT == "requests":
    import requests


def send(url, params, path=None):
    """GET, or the upload of a file as POST."""
    if CLIENT == "requests":
        if path is None:
            return requests.get(url, params=params, timeout=60).json()
        with open(path, "rb") as file:
            return requests.post(url, params=params, files={"media": file}, timeout=60).json()
    data, headers = None, {}
    if path is not None:
        with open(path, "rb") as file:
            content = file.read()
        head = '--b\r\nContent-Disposition: form-data; name="media"; filename="m"\r\n\r\n'
        data = head.encode() + content + b"\r\n--b--\r\n"
        headers = {"content-type": "multipart/form-data; boundary=b"}
    request = urllib.request.Request(url + "?" + urllib.parse.urlencode(params), data, headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        return json.load(error)


class WeChat:
    def __init__(self, place):
        self.place = place
        self.value, self.until = "", 0

    def token(self):
        if time.time() >= self.until:
            fields = {"grant_type": "client_credential", "appid": self.place["appId"], "secret": self.place["secret"]}
            body = send(self.place["tokens"] + "/cgi-bin/token", fields)
            self.value, self.until = body["access_token"], time.time() + body["expires_in"]
        return self.value

    def call(self):
        return send(self.place["apis"] + "/cgi-bin/getcallbackip", {"access_token": self.token()})

    def ticket(self):
        params = {"access_token": self.token(), "type": "jsapi"}
        return send(self.place["apis"] + "/cgi-bin/ticket/getticket", params)

    def upload(self, path):
        params = {"access_token": self.token(), "type": "image"}
        return send(self.place["apis"] + "/cgi-bin/media/upload", params, path)

    def do(self, order):
        try:
            if order["all"] == "upload":
                body = self.upload(order["file"])
            else:
                body = self.ticket() if order["all"] == "ticket" else self.call()
            return {"ok": body.get("errcode", 0) == 0, "code": body.get("errcode", 0), "text": json.dumps(body)}
        except Exception as error:
            return {"ok": False, "text": repr(error)}


sdks = []
for line in sys.stdin:
    order = json.loads(line)
    if "open" in order:
        sdks = [WeChat(order["open"]["place"]) for _ in range(order["open"]["instances"])]
    with ThreadPoolExecutor(len(sdks)) as threads:
        outcomes = list(threads.map(lambda sdk: sdk.do(order), sdks))
    print('{"outcomes":' + json.dumps(outcomes) + "}", flush=True)
