# SkullRestore for the browser, on a server without a screen or a graphics card: docs/how-to/browser.md says how to build and run it.
FROM python:3.11-slim-bookworm

# VTK draws with Mesa's software renderer.
RUN apt-get update \
 && apt-get install -y --no-install-recommends libegl1 libgl1-mesa-dri libx11-6 libxcursor1 libxrender1 \
 && rm -rf /var/lib/apt/lists/*

WORKDIR /opt/skullrestore
COPY . .
# The versions that the tests ran with; a constraint may not name extras.
RUN sed 's/\[.*\]//' requirements-dev.txt | grep == > /tmp/pins.txt \
 && pip install --no-cache-dir -c /tmp/pins.txt ".[web,pdf,dicom]" \
 && rm -rf /opt/skullrestore/* /tmp/pins.txt

# One thread of linear algebra per process: users share the cores.
ENV OMP_NUM_THREADS=1 PYTHONUNBUFFERED=1 HOME=/tmp
RUN useradd --uid 10001 --no-create-home skullrestore && install -d -o skullrestore /srv/skullrestore
USER skullrestore
WORKDIR /srv/skullrestore
VOLUME /srv/skullrestore
EXPOSE 8080
ENTRYPOINT ["skullrestore"]
CMD ["web", "--host", "0.0.0.0", "--no-browser", "--users", "users.toml", "--audit", "audit.jsonl", "--behind-tls"]
