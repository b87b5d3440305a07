"""HubSpot as its own command line sees it, and the person who uses that: enough for `hs account auth` and `hs project upload`.

The command line is the real one and looks through the project itself: which components there are, where their files are, what depends
on what. What HubSpot answers is made up here from what that program (8.14) asks for and reads. HubSpot looks into the components'
settings by schemas of its own; these are let through.
"""

import io
import json
import os
import re
import ssl
import subprocess
import threading
import zipfile
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PERSONAL_ACCESS_KEY = "a-personal-access-key-of-nobody-at-all"
ACCOUNT = 1_234_567
#: What is asked at the terminal, and what a person types then.
TYPED = {
    "Enter your personal access key": f"{PERSONAL_ACCESS_KEY}\r",
    "to reference this account in the CLI": "\r",
    "Would you like to create": "y\r",
    # Without the files that it does not know what to do with; what is lacking then is seen at the upload.
    "Continue anyway": "y\r",
}
#: What a project of ours has to arrive with: files in the archive, and components that the command line found in them.
FILES = {"app/app-hsmeta.json", "app/webhooks/webhooks-hsmeta.json"}
COMPONENTS = {"APPLICATION", "WEBHOOKS"}
BUILD = 1


class Typist:
    """Sits at the terminal: reads what is printed, and answers each question once."""

    def __init__(self):
        self.recent, self.left = "", dict(TYPED)

    def read(self, terminal):
        """What was printed."""
        printed = os.read(terminal, 1024)
        self.recent = (self.recent + re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", printed.decode(errors="replace")))[-400:]
        asked = next((question for question in self.left if question in self.recent), None)
        if asked:
            os.write(terminal, self.left.pop(asked).encode())
        return printed


class Account:
    """The one account that there is, and what it has."""

    def __init__(self):
        self.project = self.platform = None

    def answer(self, method, path, body):
        """(status, answer) to a request."""
        if path == "/localdevauth/v1/auth/refresh":
            known = json.loads(body)["encodedOAuthRefreshToken"] == PERSONAL_ACCESS_KEY
            return (200, self.token()) if known else (401, {"message": "this personal access key is nobody's"})
        if path.startswith("/developer/projects/v1"):
            if method == "POST":
                self.project = {"id": 7, "portalId": ACCOUNT, "name": json.loads(body)["name"], "isLocked": False}
            return (200, self.project) if self.project else (404, {"message": "there is no such project"})
        if path.startswith("/project-components-external/project-schemas/"):
            self.platform = path.rpartition("/")[2]
            return 200, dict.fromkeys(COMPONENTS, {"type": "object"})
        if path == "/project-components-external/v3/upload/new-api":
            wrong = lacking(body)
            return (400, {"message": wrong}) if wrong else (200, {"createdBuildId": BUILD})
        if path.endswith(f"/builds/{BUILD}/status"):
            parts = [{"id": name, "buildName": name, "buildType": name, "visible": True, "status": "SUCCESS"} for name in COMPONENTS]
            return 200, {"status": "SUCCESS", "buildId": BUILD, "platformVersion": self.platform, "isAutoDeployEnabled": False,
                         "subbuildStatuses": parts}
        if path.endswith(f"/builds/{BUILD}/structure"):
            return 200, {"topLevelComponentsWithChildren": {name: [] for name in COMPONENTS}}
        if path.endswith("/combined/warn"):
            return 200, {"logs": []}
        # Statistics and warnings, which nothing depends on.
        return 404, {"message": "nobody plays that here"}

    @staticmethod
    def token():
        """Who somebody with the key is."""
        return {"oauthAccessToken": "nobody's", "expiresAtMillis": 4_102_444_800_000, "hubId": ACCOUNT, "hubName": "Acme", "userId": 1,
                "scopeGroups": ["developer.projects.write"], "accountType": "STANDARD", "enabledFeatures": {}}


def lacking(upload):
    """What an upload has not that it should have; empty when all is there."""
    parts = re.split(rb"\r\n--[^\r]+\r\n", upload)
    contents = {name.decode(): part for part in parts for name in re.findall(rb'name="(\w+)"', part.partition(b"\r\n\r\n")[0])[:1]}
    archive, request = (contents.get(name, b"").partition(b"\r\n\r\n")[2] for name in ("projectFilesZip", "uploadRequest"))
    try:
        files = set(zipfile.ZipFile(io.BytesIO(archive)).namelist())
        nodes = json.loads(re.split(rb"\r\n--", request)[0])["intermediateNodesIndexedByUid"].values()
    except (ValueError, KeyError, zipfile.BadZipFile) as problem:
        return f"the upload is no project: {problem!r}"
    missing = (FILES - files) | (COMPONENTS - {node["componentType"] for node in nodes})
    return f"not in the upload: {', '.join(sorted(missing))}" if missing else ""


def handler(account, tls):
    """Answers for every host, through the proxy that the command line is told to use."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_CONNECT(self):
            self.send_response(200)
            self.end_headers()
            self.connection = tls.wrap_socket(self.connection, server_side=True)
            self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
            self.close_connection = False

        def do_GET(self):
            status, answer = account.answer(self.command, self.path.partition("?")[0], self.body())
            answer = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_POST = do_GET

        def body(self):
            if self.headers.get("Transfer-Encoding") != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length", 0)))
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body

        def log_message(self, *_):
            pass

    return Handler


@contextmanager
def played(directory):
    """HubSpot, as long as this lasts, and a person at the terminal: how to read what is printed there. Variables of the environment say
    where HubSpot is, and what proves that.
    """
    key, certificate = Path(directory, ".hubspot.key"), Path(directory, ".hubspot.crt")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "1",
                    "-subj", "/CN=not HubSpot", "-addext", "subjectAltName=DNS:api.hubapi.com"], check=True, capture_output=True)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(Account(), tls))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        os.environ.update(PLAYED_AT=f"http://127.0.0.1:{server.server_port}", PLAYED_CERTIFICATE=str(certificate))
        yield Typist().read
    finally:
        server.shutdown()
        server.server_close()
