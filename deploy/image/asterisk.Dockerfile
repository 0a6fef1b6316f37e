# Asterisk's image: it answers the telephone and hands calls over to the voice server; it knows nothing of the towns.
#   docker build -f deploy/image/asterisk.Dockerfile -t lps-asterisk:1.0.0 --build-arg VERSION=1.0.0 .
# What writes: /srv/lps (configuration made at each start, operators' lines, state) and /tmp. All else may be read-only. Its user
# has the number of the product's: the voice server gives it the lines, in this folder that they share.

# Debian's stable suites have no Asterisk: this one moves. Name it by its digest once an image has answered calls.
ARG BASE=debian:sid-slim
FROM ${BASE}
ARG VERSION=0
LABEL org.opencontainers.image.title="Les Parents Services : Asterisk" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.licenses="GPL-2.0-only AND AGPL-3.0-or-later"
RUN apt-get update \
    && apt-get install -y --no-install-recommends asterisk python3 \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 lps \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin lps \
    && install -d -o lps -g lps -m 0700 /srv/lps \
    && install -d -m 0755 /var/lib/lps/prompts
WORKDIR /opt/lps
COPY deploy/__init__.py deploy/processes.py deploy/
COPY deploy/voice/__init__.py deploy/voice/asterisk.py deploy/voice/configuration.py deploy/voice/container.py deploy/voice/
COPY voice/__init__.py voice/
COPY voice/gateway/__init__.py voice/gateway/agi.py voice/gateway/lines.py voice/gateway/
ENV LANG=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
EXPOSE 5060/udp 10000-10999/udp
ENTRYPOINT ["python3", "-m", "deploy.voice.container"]
