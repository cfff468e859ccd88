# Orion Loyalty: one image for all processes; which one is the argument (controller, api, expire-points…).
#
#   docker build -t orion-loyalty:0.1.0 \
#     --build-arg REVISION="$(git rev-parse HEAD)" --build-arg CREATED="$(date -u +%Y-%m-%dT%H:%M:%SZ)" .
#   docker run --rm --read-only --cap-drop=ALL orion-loyalty:0.1.0 --help
#
# It needs no root, no capability and no writable root file system.

# The same version as the devDependency "node", so that what is tested is what runs.
ARG NODE_VERSION=24.21.0
ARG DEBIAN_RELEASE=trixie

FROM node:${NODE_VERSION}-${DEBIAN_RELEASE}-slim AS node
WORKDIR /app
COPY package.json package-lock.json ./

# What runs: the production dependencies and a Node without its symbol tables (18 MB).
FROM node AS runtime
# Debian keeps only the newest version of a package, so a pinned one could not be installed next month.
# hadolint ignore=DL3008
RUN apt-get update \
  && apt-get install -y --no-install-recommends binutils \
  && rm -rf /var/lib/apt/lists/* \
  && strip -o /usr/local/bin/node.stripped /usr/local/bin/node
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund
COPY deploy/image/prune-modules.sh deploy/image/
RUN sh deploy/image/prune-modules.sh node_modules

FROM node AS build
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN npm run build

# Debian itself and not the node image, which adds npm, yarn and headers that production has no use for.
FROM debian:${DEBIAN_RELEASE}-slim
# hadolint ignore=DL3008
RUN apt-get update \
  && apt-get install -y --no-install-recommends libatomic1 libstdc++6 tini \
  && rm -rf /var/lib/apt/lists/* \
  && groupadd --gid 65532 loyalty \
  && useradd --uid 65532 --gid 65532 --no-log-init --no-create-home --home-dir /app --shell /usr/sbin/nologin loyalty \
  && ln -s /app/bin/loyalty /app/bin/kubectl-loyalty /app/bin/kubectl_complete-loyalty /usr/local/bin/
WORKDIR /app
COPY --from=runtime /usr/local/bin/node.stripped /usr/local/bin/node
COPY --from=runtime /app/node_modules node_modules
COPY package.json ./
COPY bin bin
COPY deploy/image/healthcheck.mjs deploy/image/
COPY --from=build /app/dist dist
# Node keeps what it compiles by user: the one that will run it.
RUN install -d -o 65532 -g 65532 node_modules/.cache/loyalty

ENV NODE_ENV=production
# A number: Kubernetes cannot tell that a name is not root (runAsNonRoot).
USER 65532:65532
# Fails the build when Node lacks a library here, or an import a module.
RUN for command in controller api migrate expire-points sync-wallets verify-ledger; do /app/bin/loyalty "$command" --help >/dev/null || exit 1; done
# controller: 8080. api: 3000, metrics 9090.
EXPOSE 8080 3000 9090
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 CMD ["node", "/app/deploy/image/healthcheck.mjs"]
# tini passes signals on and reaps what a process leaves behind.
ENTRYPOINT ["/usr/bin/tini", "--", "/app/bin/loyalty"]
CMD ["--help"]

ARG VERSION=0.1.0
ARG REVISION=unknown
ARG CREATED=unknown
ARG DEBIAN_RELEASE
LABEL org.opencontainers.image.title="Orion Loyalty" \
  org.opencontainers.image.description="Multi-merchant loyalty on Kubernetes: wallet credentials, ledger, jobs and wallets" \
  org.opencontainers.image.vendor="Orion Loyalty" \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}" \
  org.opencontainers.image.created="${CREATED}" \
  org.opencontainers.image.base.name="docker.io/library/debian:${DEBIAN_RELEASE}-slim"
