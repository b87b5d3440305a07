# Syncline in an image of its own: the program, glibc, certificates, and a user that is not root. No shell.
#
#   docker build -t syncline .
#   docker run --name syncline -p 8400:8400 -v syncline-data:/data syncline
#   docker exec syncline syncline portal-link     # to choose the portal's password: there is no terminal to print it on
#
# packaging/ has compose files.

FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
# What was downloaded and compiled before stays between builds (BuildKit's caches), whatever changed in the sources.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --package syncline-hub \
    && install -D -m 0755 target/release/syncline /out/usr/local/bin/syncline \
    && strip /out/usr/local/bin/syncline \
    && install -D -m 0644 --target-directory /out/usr/share/doc/syncline LICENSE-APACHE LICENSE-MIT \
    && install -d -m 0700 /out/own/data

FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /out/usr /usr
# The directory itself, so that it stays nobody else's: what is copied without its name is made anew.
COPY --from=build --chown=65532:65532 /out/own /
ENV SYNCLINE_DATA_DIR=/data \
    SYNCLINE_SERVER__LISTEN=0.0.0.0:8400
USER 65532:65532
VOLUME /data
EXPOSE 8400
STOPSIGNAL SIGTERM
# Alive, not ready: a hub whose database is away is not mended by a restart.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["/usr/local/bin/syncline", "health"]
ENTRYPOINT ["/usr/local/bin/syncline"]
CMD ["serve"]
