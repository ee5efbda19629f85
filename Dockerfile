# docker build -t tidegate .            every part of the chain, by verb; without a verb, `tidegate up`
# docker build --target gateway .       one program, for those who want the image small: also pipe, emulator, pub and sub
#
# A target compiles its own program and nothing else. The images add one binary and the certificate authorities to Debian's
# smallest, and run as a user without rights.

FROM rust:1-slim-bookworm AS toolchain
RUN mkdir /data

FROM toolchain AS source
# `dist` is what is shipped; `release` compiles in less than half the time, and is slower.
ARG PROFILE=dist
WORKDIR /src
COPY . .

# The caches live beside the image, so that a changed line does not build three hundred crates anew.
FROM source AS build-gateway
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target,sharing=locked \
    cargo build --profile $PROFILE --locked -p gateway && install -D target/$PROFILE/gateway /out/gateway

FROM source AS build-pipe
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target,sharing=locked \
    cargo build --profile $PROFILE --locked -p pipe && install -D target/$PROFILE/pipe /out/pipe

FROM source AS build-emulator
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target,sharing=locked \
    cargo build --profile $PROFILE --locked -p emulator && install -D target/$PROFILE/emulator /out/emulator

FROM source AS build-pub
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target,sharing=locked \
    cargo build --profile $PROFILE --locked -p publisher && install -D target/$PROFILE/pub /out/pub

FROM source AS build-sub
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target,sharing=locked \
    cargo build --profile $PROFILE --locked -p subscriber && install -D target/$PROFILE/sub /out/sub

FROM source AS build-tidegate
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target,sharing=locked \
    cargo build --profile $PROFILE --locked -p tidegate && install -D target/$PROFILE/tidegate /out/tidegate

FROM debian:bookworm-slim AS base
COPY --from=toolchain /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
# Every program listens on all addresses of the container.
ENV HOST=0.0.0.0
USER 65532:65532

FROM base AS gateway
COPY --from=build-gateway /out/gateway /usr/local/bin/gateway
EXPOSE 8080 8081
HEALTHCHECK --interval=2s CMD ["gateway", "health"]
ENTRYPOINT ["gateway"]

FROM base AS pipe
COPY --from=build-pipe /out/pipe /usr/local/bin/pipe
EXPOSE 8082
HEALTHCHECK --interval=2s CMD ["pipe", "health"]
ENTRYPOINT ["pipe"]

FROM base AS emulator
COPY --from=build-emulator /out/emulator /usr/local/bin/emulator
COPY --from=toolchain --chown=65532:65532 /data /data
COPY emulator/docker-entrypoint.sh /usr/local/bin/docker-entrypoint.sh
# The image stands in for LocalStack's, which has no wait of a minute after a purge or a delete.
ENV EMULATOR_LISTEN=0.0.0.0:4566 EMULATOR_DATA=/data EMULATOR_NO_WAITS=true
VOLUME /data
EXPOSE 4566
HEALTHCHECK --interval=2s CMD ["emulator", "health"]
ENTRYPOINT ["docker-entrypoint.sh"]

FROM base AS pub
COPY --from=build-pub /out/pub /usr/local/bin/pub
EXPOSE 3000
HEALTHCHECK --interval=2s CMD ["pub", "health"]
ENTRYPOINT ["pub"]

FROM base AS sub
COPY --from=build-sub /out/sub /usr/local/bin/sub
EXPOSE 3001
HEALTHCHECK --interval=2s CMD ["sub", "health"]
ENTRYPOINT ["sub"]

# No VOLUME: most verbs keep no data. `-v NAME:/data` keeps that of `up` and `emulator` when the container goes.
FROM base AS tidegate
COPY --from=build-tidegate /out/tidegate /usr/local/bin/tidegate
COPY --from=toolchain --chown=65532:65532 /data /data
ENV EMULATOR_DATA=/data
EXPOSE 3000 3001 4566 8080 8081 8082
ENTRYPOINT ["tidegate"]
