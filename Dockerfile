# The dashboard as a service; docs/hosting.md says how it is run and what belongs in front of it.
#
#   docker build --tag fairness-dashboard .
#   docker run --read-only --tmpfs /tmp --volume workspace:/workspace --publish 127.0.0.1:8501:8501 fairness-dashboard

FROM python:3.11-slim-bookworm AS build
WORKDIR /source
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY metrics metrics
COPY dashboard dashboard
COPY sample_data sample_data
# Wheels alone: nothing is compiled, and no compiler is needed.
RUN python -m venv /opt/dashboard \
    && /opt/dashboard/bin/python -m pip install --no-cache-dir --disable-pip-version-check --prefer-binary \
        --constraint constraints.txt '.[auth,adjusted,transcripts]'

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --create-home --home-dir /home/dashboard dashboard \
    && install --directory --owner=dashboard --mode=0700 /workspace
COPY --from=build /opt/dashboard /opt/dashboard
ENV PATH=/opt/dashboard/bin:$PATH \
    HOME=/home/dashboard \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    FAIRNESS_DASHBOARD_WORKSPACE=/workspace \
    FAIRNESS_DASHBOARD_HOST=localhost
USER dashboard
WORKDIR /home/dashboard
VOLUME /workspace
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["python", "-c", "import os, urllib.request; assert urllib.request.urlopen('http://127.0.0.1:8501' + os.environ.get('FAIRNESS_DASHBOARD_BASE_PATH', '') + '/_stcore/health', timeout=4).read() == b'ok'"]
# What follows the image's name comes after these: docker run ... fairness-dashboard --viewer
ENTRYPOINT ["fairness-dashboard", "open", "--no-browser", "--address", "0.0.0.0", "--port", "8501"]
