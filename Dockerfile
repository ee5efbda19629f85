# One target per program, all from one build: docker build --target gateway .
# The final images add one binary and the certificate authorities to Debian's smallest, and run as a user without rights.

FROM rust:1-slim-bookworm AS build
WORKDIR /src
COPY . .
# The caches live beside the image, so that a changed line does not build two hundred crates anew.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked -p gateway -p pipe -p emulator -p publisher -p subscriber -p tidegate \
 && mkdir -p /out/data \
 && cp target/release/gateway target/release/pipe target/release/emulator target/release/pub target/release/sub \
       target/release/tidegate /out/

FROM debian:bookworm-slim AS base
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
ENV HOST=0.0.0.0
USER 65532:65532

FROM base AS gateway
COPY --from=build /out/gateway /usr/local/bin/gateway
ENV GATEWAY_LISTEN=0.0.0.0:8080 GATEWAY_ADMIN_LISTEN=0.0.0.0:8081
EXPOSE 8080 8081
ENTRYPOINT ["gateway"]

FROM base AS pipe
COPY --from=build /out/pipe /usr/local/bin/pipe
ENV PIPE_ADMIN_LISTEN=0.0.0.0:8082
EXPOSE 8082
ENTRYPOINT ["pipe"]

FROM base AS emulator
COPY --from=build /out/emulator /usr/local/bin/emulator
COPY --from=build --chown=65532:65532 /out/data /data
COPY emulator/docker-entrypoint.sh /usr/local/bin/docker-entrypoint.sh
# The image stands in for LocalStack's, which lets nobody wait a minute after a purge or a delete.
ENV EMULATOR_LISTEN=0.0.0.0:4566 EMULATOR_DATA=/data EMULATOR_NO_WAITS=true
VOLUME /data
EXPOSE 4566
HEALTHCHECK --interval=2s \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/4566 && printf 'GET /healthz HTTP/1.0\\r\\n\\r\\n' >&3 && grep -q '^HTTP/1.. 200' <&3"]
ENTRYPOINT ["docker-entrypoint.sh"]

FROM base AS pub
COPY --from=build /out/pub /usr/local/bin/pub
EXPOSE 3000
ENTRYPOINT ["pub"]

FROM base AS sub
COPY --from=build /out/sub /usr/local/bin/sub
EXPOSE 3001
ENTRYPOINT ["sub"]

FROM base AS tidegate
COPY --from=build /out/tidegate /usr/local/bin/tidegate
ENTRYPOINT ["tidegate"]
