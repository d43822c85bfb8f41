# An endpoint of DynamoDB's API on port 8000, and its PostgreSQL server: see docs/container.md.
# packaging/try-container runs what stands here, line by line, in a clean Debian.
FROM debian:trixie-slim
COPY . /usr/src/ddb
RUN /usr/src/ddb/packaging/container/install
USER 999:999
VOLUME /var/lib/ddb
EXPOSE 8000 5432
STOPSIGNAL SIGINT
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["ddb-health"]
ENTRYPOINT ["ddb-server"]
