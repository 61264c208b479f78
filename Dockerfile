# git-bug-viewer in a container: docs/deployment.md, "Container", says how to run it. There is nothing to compile: the
# first stage gathers what the program needs at run time, the second is Node, git and that.

FROM node:26-slim AS program
WORKDIR /app
COPY package.json package-lock.json ./
# No package of the program itself needs an install script. The Node that npm would bring to a checkout is a package of
# development: the image has its own.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund
COPY LICENSE ./
COPY bin ./bin
COPY src ./src
COPY views ./views
COPY public ./public
COPY demo ./demo
# Whatever the umask of whoever checked it out: readable for every account, writable for none but root.
RUN chmod -R a+rX,go-w .

FROM node:26-slim
# Certificates and ssh are for repositories of other servers.
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates git openssh-client \
  && rm -rf /var/lib/apt/lists/*
# git refuses repositories of another owner, because their configuration and hooks could make it run something. What is
# mounted here belongs to some account of the host, never to the one below, and is what the administrator wants shown;
# the viewer runs git with hooks, file system monitors and every transport off. So every folder is allowed, in this
# image only.
RUN git config --system --add safe.directory '*'
# A number, because orchestrators that demand "not root" cannot tell it from a name.
RUN install -d -o 10001 -g 10001 /data
# ssh refuses to run for an account without a name.
RUN echo 'viewer:x:10001:10001::/data:/usr/sbin/nologin' >> /etc/passwd
COPY --from=program /app /app
WORKDIR /app
USER 10001:10001
# Also right for an account that the image has never heard of (docker run --user).
ENV HOME=/data
# What was freed goes back to the system instead of lying in the C library's pools; docs/performance.md has figures.
ENV MALLOC_MMAP_THRESHOLD_=65536 MALLOC_TRIM_THRESHOLD_=131072
VOLUME /data
EXPOSE 3000
# Port and base path from the environment are known here; of a settings file this command knows nothing.
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.GIT_BUG_VIEWER_SERVER_PORT || 3000}${process.env.GIT_BUG_VIEWER_SERVER_BASE_PATH || ''}/healthz`).then(answer => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# Node is process 1 and gets the signals itself; npm or a shell in between would swallow SIGTERM. It reaps the git
# processes that it starts, and these start none that outlive them; --init makes sure of it.
ENTRYPOINT ["node", "bin/git-bug-viewer.js"]
CMD ["--host", "0.0.0.0", "--data-dir", "/data", "/srv/git"]
