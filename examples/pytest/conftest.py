import json
import re
import subprocess
import urllib.parse
import urllib.request

import boto3
import pytest


class Lifeguard:
    def __init__(self, url):
        self.url = url
        self.cognito = boto3.client(
            "cognito-idp",
            endpoint_url=url,
            region_name="us-east-1",
            aws_access_key_id="any",
            aws_secret_access_key="any",
        )

    def code(self, recipient):
        """The code in the newest message to the recipient."""
        query = urllib.parse.urlencode({"recipient": recipient})
        with urllib.request.urlopen(f"{self.url}/inbox/api/messages?{query}") as answer:
            return json.load(answer)[0]["code"]

    def advance_clock(self, seconds):
        self._post("/_test/clock", {"advanceSeconds": seconds})

    def reset(self):
        """Afterwards only what pools.yaml describes is there."""
        self._post("/_test/reset", {})

    def _post(self, path, body):
        urllib.request.urlopen(self.url + path, json.dumps(body).encode()).close()


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    data = tmp_path_factory.mktemp("lifeguard")
    # Not by npx, which would not pass the end of the tests on to the server.
    command = f"node_modules/.bin/lifeguard dev --port 0 --apply pools.yaml --data {data} --log-level error"
    with subprocess.Popen(command.split(), stdout=subprocess.PIPE, text=True) as process:
        lines = (re.search(r"Endpoint\s+(\S+)", line) for line in process.stdout)
        endpoint = next(filter(None, lines), None)
        assert endpoint, "Lifeguard did not start."
        yield Lifeguard(endpoint[1])
        process.terminate()


@pytest.fixture
def lifeguard(server):
    server.reset()
    return server
