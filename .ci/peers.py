"""Measures local SQS endpoints side by side: start, memory, and what kill -9 costs.

    python3 .ci/peers.py emulator=target/dist/emulator moto=moto_server ministack=ministack \
        localstack=localstack/localstack:4.14.0

Each argument is a kind and the program (or, for LocalStack, the image) to measure. Every one is
started with a data folder of its own and the setting that makes it keep its state, if it has one.
1,000 messages of 1 KiB are sent one by one and acknowledged; then the process (the container) gets
SIGKILL, is started on the same folder, and the messages that are still there are counted.

    start   from the launch to the first answer to ListQueues, best of three starts
    memory  resident memory of the process and its children (of the container), with the messages
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

MESSAGES = 1000
BODY = "x" * 1024
PORT = 45660


def ask(action, path="/", timeout=5, **parameters):
    """One action of SQS by the Query protocol, which all of them speak."""
    data = urllib.parse.urlencode({"Action": action, "Version": "2012-11-05", **parameters})
    scope = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=0"
    request = urllib.request.Request(
        f"http://127.0.0.1:{PORT}{path}", data.encode(), {"Authorization": scope, "Host": f"127.0.0.1:{PORT}"})
    with urllib.request.urlopen(request, timeout=timeout) as answer:
        return answer.read().decode()


class Process:
    """A program on this machine."""

    def __init__(self, program, folder, arguments, environment):
        self.command = [program, *[text.format(port=PORT, folder=folder) for text in arguments]]
        self.environment = {**os.environ, **{key: text.format(port=PORT, folder=folder) for key, text in environment.items()}}
        self.running = None

    def start(self):
        self.running = subprocess.Popen(self.command, env=self.environment, start_new_session=True,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def kill(self):
        os.killpg(self.running.pid, signal.SIGKILL)
        self.running.wait()

    def memory(self):
        members = subprocess.run(["ps", "-o", "rss=", "-g", str(self.running.pid)], capture_output=True, text=True)
        return sum(int(line) for line in members.stdout.split()) / 1024


class Container:
    """An image, with the folder as its volume."""

    NAME = "tidegate-peers"

    def __init__(self, image, folder, volume, environment):
        settings = [part for key, text in environment.items() for part in ("-e", f"{key}={text}")]
        self.create = ["docker", "create", "--name", self.NAME, "-p", f"127.0.0.1:{PORT}:4566", "-v", f"{folder}:{volume}", *settings, image]
        self.made = False

    def start(self):
        if not self.made:
            subprocess.run(["docker", "rm", "-f", self.NAME], capture_output=True)
            subprocess.run(self.create, check=True, capture_output=True)
            self.made = True
        subprocess.run(["docker", "start", self.NAME], check=True, capture_output=True)

    def kill(self):
        subprocess.run(["docker", "kill", self.NAME], check=True, capture_output=True)

    def memory(self):
        stats = subprocess.run(["docker", "stats", "--no-stream", "--format", "{{.MemUsage}}", self.NAME], capture_output=True, text=True)
        text = stats.stdout.split("/")[0].strip()
        units = {"GiB": 1024, "MiB": 1, "KiB": 1 / 1024}
        return next(float(text[:-3]) * factor for unit, factor in units.items() if text.endswith(unit))


KINDS = {
    "emulator": lambda program, folder: Process(program, folder, ["--listen", "127.0.0.1:{port}", "--data", "{folder}"], {}),
    "moto": lambda program, folder: Process(program, folder, ["-p", "{port}"], {}),
    "ministack": lambda program, folder: Process(
        program, folder, [], {"GATEWAY_PORT": "{port}", "PERSIST_STATE": "1", "STATE_DIR": "{folder}"}),
    "localstack": lambda image, folder: Container(
        image, folder, "/var/lib/localstack", {"SERVICES": "sqs", "EAGER_SERVICE_LOADING": "1", "PERSISTENCE": "1"}),
}


def seconds_to_answer(peer):
    """Starts the peer and waits until it answers; an error of HTTP is no answer."""
    begun = time.monotonic()
    peer.start()
    while time.monotonic() - begun < 180:
        try:
            ask("ListQueues", timeout=30)
            return time.monotonic() - begun
        except (OSError, urllib.error.HTTPError):
            time.sleep(0.002)
    raise SystemExit("no answer within three minutes")


def waiting(queue):
    try:
        text = ask("GetQueueAttributes", f"/000000000000/{queue}", QueueUrl=f"http://127.0.0.1:{PORT}/000000000000/{queue}",
                   **{"AttributeName.1": "ApproximateNumberOfMessages"})
    except urllib.error.HTTPError:
        return 0  # The queue is gone.
    return int(text.split("<Value>")[1].split("<")[0])


def measure(kind, program):
    folder = tempfile.mkdtemp(prefix="peers-")
    peer = KINDS[kind](program, folder)
    try:
        starts = []
        for _ in range(3):
            starts.append(seconds_to_answer(peer))
            peer.kill()
        seconds_to_answer(peer)
        ask("CreateQueue", QueueName="peers")
        url = f"http://127.0.0.1:{PORT}/000000000000/peers"
        for _ in range(MESSAGES):
            ask("SendMessage", "/000000000000/peers", QueueUrl=url, MessageBody=BODY)
        memory = peer.memory()
        peer.kill()
        seconds_to_answer(peer)
        left = waiting("peers")
        peer.kill()
        print(f"| {kind} | {min(starts):.3f} s | {memory:.0f} MiB | {left} of {MESSAGES} |", flush=True)
    finally:
        if isinstance(peer, Container):
            subprocess.run(["docker", "rm", "-f", Container.NAME], capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)


if len(sys.argv) == 1:
    raise SystemExit(__doc__)
print("| | start | memory | messages left after kill -9 |\n| --- | --- | --- | --- |", flush=True)
for argument in sys.argv[1:]:
    measure(*argument.split("=", 1))
