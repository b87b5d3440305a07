"""Apache Kafka: one node in KRaft mode, from the artifacts on Maven Central."""

import base64
import glob
import os
import re
import shlex
import struct
import uuid
from pathlib import Path

from .service import Service
from .util import Unavailable, find_program, free_port

# Runs on Java 17 and newer.
VERSION = "4.3.1"
# Kafka logs through SLF4J and brings no backend to it; the simple one needs no configuration file. Of the tools, those of Kafka Connect
# are not wanted.
POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId><artifactId>kafka-for-tests</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{VERSION}</version></dependency>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>{VERSION}</version>
      <exclusions><exclusion><groupId>org.apache.kafka</groupId><artifactId>connect-runtime</artifactId></exclusion></exclusions>
    </dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
"""
JVM = [
    "-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-Xshare:auto",
    "-Djava.awt.headless=true", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
]
# The tools that the documents name, by the names under which a distribution has them.
TOOLS = {"kafka-consumer-groups.sh": "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand"}
SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "auto.create.topics.enable": "false",
    "min.insync.replicas": "1",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    # Consumer groups get their partitions at once instead of waiting for more members.
    "group.initial.rebalance.delay.ms": "0",
    # A killed broker may come back only when its old session has run out: 9 s by default.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    "log.cleaner.enable": "false",
}


class Kafka(Service):
    key = "kafka"
    title = "Apache Kafka"
    url_variable = "SYNCLINE_TEST_KAFKA_BROKERS"
    control_variable = "SYNCLINE_TEST_KAFKA_CTL"
    # Only when they are missing; Kafka itself then comes through Maven.
    packages = ("default-jre-headless", "maven")
    image = f"docker.io/apache/kafka:{VERSION}"

    java = classpath = home = None

    def __init__(self, directory, port):
        super().__init__(directory, port)
        self.controller_port = free_port()
        # Beside the other caches of this user, because resolving the artifacts anew costs seconds.
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        self.cache = cache / "syncline-test" / f"kafka-{VERSION}-with-tools"

    def url(self):
        return f"127.0.0.1:{self.port}"

    def tools(self):
        if not self.classpath:
            return {}  # in a container
        return {"SYNCLINE_TEST_KAFKA_TOOLS": f"{self.home}/bin" if self.home else str(self.directory / "tools")}

    def find(self):
        home = os.environ.get("JAVA_HOME")
        self.java = find_program(f"{home}/bin/java") if home else None
        self.java = self.java or find_program("java")
        if not self.java:
            return None
        unpacked = os.environ.get("KAFKA_HOME")
        if unpacked and glob.glob(f"{unpacked}/libs/kafka_2.13-*.jar"):
            self.classpath, self.home = f"{unpacked}/libs/*", unpacked
            return unpacked
        try:
            classpath = (self.cache / "classpath").read_text().strip()
        except OSError:
            return None
        if classpath and all(os.path.exists(jar) for jar in classpath.split(os.pathsep)):
            self.classpath = classpath
            return f"version {VERSION} in the local Maven repository"
        return None

    async def find_in_maven_repository(self):
        """Asks Maven, without the network, whether everything is there already."""
        if self.java and find_program("mvn"):
            try:
                await self.resolve("--offline")
            except Unavailable:
                return None
            return self.find()
        return None

    async def install(self, installer):
        if not (self.java and find_program("mvn")):
            await installer.packages(self.packages)
            self.find()
        await installer.allowed("Apache Kafka, from Maven Central")
        await self.resolve()

    async def resolve(self, *options):
        """Lets Maven find (and, unless offline, fetch) Kafka's jars, and notes their paths in the cache."""
        self.cache.mkdir(parents=True, exist_ok=True)
        pom = self.cache / "pom.xml"
        pom.write_text(POM)
        fresh = self.cache / f"classpath.{os.getpid()}"
        await self.run(find_program("mvn"), "--batch-mode", "--quiet", *options, "-f", pom, "dependency:build-classpath",
                       "-DincludeScope=runtime", f"-Dmdep.outputFile={fresh}")
        fresh.replace(self.cache / "classpath")

    async def check_java(self):
        """Kafka 4 needs Java 17: an older one fails with words that help nobody."""
        await self.run(self.java, "-version")
        found = re.search(r'version "(\d+)', self.log.read_text(errors="replace"))
        if found and int(found.group(1)) < 17:
            raise Unavailable(f"Apache Kafka needs Java 17 or newer; {self.java} is version {found.group(1)}. "
                              "Install a newer one (on Debian: openjdk-17-jre-headless) or set JAVA_HOME.")

    def settings(self, address="127.0.0.1"):
        """The broker's configuration; `address` is what it listens on."""
        return {
            **SETTINGS,
            "listeners": f"PLAINTEXT://{address}:{self.port},CONTROLLER://127.0.0.1:{self.controller_port}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{self.port}",
            "controller.quorum.voters": f"1@127.0.0.1:{self.controller_port}",
        }

    async def prepare(self):
        await self.check_java()
        settings = {**self.settings(), "log.dirs": str(self.directory / "data")}
        (self.directory / "server.properties").write_text("".join(f"{k}={v}\n" for k, v in settings.items()))
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        # The leading letter keeps an id that starts with a dash from being read as an option.
        await self.run(self.java, *JVM, "-cp", self.classpath, "kafka.tools.StorageTool", "format",
                       "--cluster-id", "S" + cluster[1:], "--config", "server.properties")
        self.lay_out_tools()

    def lay_out_tools(self):
        """The tools as commands, as a distribution has them."""
        tools = self.directory / "tools"
        tools.mkdir()
        for name, main in TOOLS.items():
            words = shlex.join([self.java, *JVM, "-cp", self.classpath, main])
            (tools / name).write_text(f'#!/bin/sh\nexec {words} "$@"\n')
            (tools / name).chmod(0o755)

    def command(self):
        return [self.java, *JVM, "-cp", self.classpath, "kafka.Kafka", "server.properties"]

    async def probe(self):
        # An ApiVersions request; the broker answers requests only once it is registered and ready to work.
        body = struct.pack("!hhih", 18, 0, 7, 4) + b"test"
        answer = await self.ask(struct.pack("!i", len(body)) + body, 10)
        return struct.unpack("!ih", answer[4:]) == (7, 0)

    def container_options(self):
        variables = {"KAFKA_" + name.upper().replace(".", "_"): value for name, value in self.settings("0.0.0.0").items()}
        variables["KAFKA_HEAP_OPTS"] = "-Xms128m -Xmx512m"
        options = [part for name, value in variables.items() for part in ("-e", f"{name}={value}")]
        return ["-p", f"127.0.0.1:{self.port}:{self.port}", *options], []
