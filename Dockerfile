# One image for web, workers, beat and the migrate job. Debian-based: the wheels need glibc.
FROM python:3.13-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /venv
COPY requirements.lock /tmp/requirements.lock
RUN /venv/bin/pip install --require-hashes -r /tmp/requirements.lock

FROM python:3.13-slim-bookworm
RUN useradd --system --uid 10001 --create-home --home-dir /home/portal portal \
    && install -d -o portal -g portal /data /data/uploads
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DATA_DIR=/data
COPY --from=build /venv /venv
WORKDIR /app
COPY . .
# The values of this line end with it: the image holds no secret.
RUN DATABASE_URL=postgres://build:build@build/build REDIS_URL=redis://build/0 \
    SECRET_KEY=build FIELD_KEYS=1:build INDEX_KEYS=1:build \
    PORTAL_URL=https://build.invalid ALLOWED_HOSTS=build.invalid \
    python manage.py collectstatic --noinput --verbosity 0
USER portal
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["python", "-m", "umkm_portal.healthcheck"]
CMD ["gunicorn", "umkm_portal.wsgi", "--bind=0.0.0.0:8000", "--worker-class=gthread", "--workers=3", "--threads=4", "--timeout=60", "--graceful-timeout=25", "--max-requests=5000", "--max-requests-jitter=500", "--worker-tmp-dir=/dev/shm", "--access-logfile=-"]
