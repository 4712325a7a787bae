// Loads an echo server: connections that each keep a number of requests under way.
//
//     load PORT CONNECTIONS DEPTH SECONDS REQUEST-FILE SERVER-PID [FIRST]
//
// The request file holds the bytes of one request; an answer is as long as that and must be the same bytes. With FIRST the
// server first says that many bytes to each connection. A third of a second is not counted. The result is a line of JSON:
// messages a second, the server's CPU in microseconds a message, and at depth 1 the median time of an answer.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { buffer_bytes = 256 << 10, max_latencies = 4 << 20 };

struct connection {
    int fd;
    size_t received;  // of the answer that is arriving
    size_t skipping;
    double sent_at;
};

static char *request, *batch;
static size_t request_bytes;
static uint64_t answers;
static float *latencies;
static size_t latency_count;
static int is_counting;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void fail(const char *what) {
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(2);
}

// User and system time of a process, in seconds.
static double cpu_of(int pid) {
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *file = fopen(path, "r");
    if (file == NULL) fail(path);
    size_t count = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[count] = 0;
    unsigned long user, system;
    char *rest = strrchr(text, ')');
    if (rest == NULL || sscanf(rest + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2)
        fail("stat");
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static int compare(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static void send_requests(struct connection *c, size_t count) {
    size_t bytes = count * request_bytes, offset = 0;
    c->sent_at = now();
    while (offset < bytes) {
        ssize_t sent = send(c->fd, batch + offset, bytes - offset, MSG_NOSIGNAL);
        if (sent <= 0) fail("send");
        offset += (size_t)sent;
    }
}

static void receive(struct connection *c, char *buffer, int depth) {
    ssize_t got = recv(c->fd, buffer, buffer_bytes, MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) fail("the server closed a connection");
    size_t offset = 0;
    if (c->skipping > 0) {
        offset = c->skipping < (size_t)got ? c->skipping : (size_t)got;
        c->skipping -= offset;
    }
    size_t whole = 0;
    while (offset < (size_t)got) {
        size_t part = request_bytes - c->received;
        if (part > (size_t)got - offset) part = (size_t)got - offset;
        if (memcmp(buffer + offset, request + c->received, part) != 0) {
            errno = EPROTO;
            fail("an answer differs from its request");
        }
        offset += part;
        c->received += part;
        if (c->received == request_bytes) {
            c->received = 0;
            whole++;
        }
    }
    if (whole == 0) return;
    answers += whole;
    if (depth == 1 && is_counting && latency_count < max_latencies)
        latencies[latency_count++] = (float)((now() - c->sent_at) * 1e6);
    send_requests(c, whole);
}

static void read_request(const char *path, int depth) {
    FILE *file = fopen(path, "r");
    if (file == NULL) fail(path);
    request = malloc(1 << 20);
    request_bytes = fread(request, 1, 1 << 20, file);
    fclose(file);
    if (request_bytes == 0) fail("the request is empty");
    batch = malloc(request_bytes * (size_t)depth);
    for (int i = 0; i < depth; i++) memcpy(batch + (size_t)i * request_bytes, request, request_bytes);
}

int main(int argc, char **argv) {
    if (argc < 7) return 64;
    int connections = atoi(argv[2]), depth = atoi(argv[3]), pid = atoi(argv[6]);
    double seconds = atof(argv[4]);
    read_request(argv[5], depth);
    char *buffer = malloc(buffer_bytes);
    latencies = malloc(max_latencies * sizeof *latencies);
    struct connection *all = calloc((size_t)connections, sizeof *all);
    int poll = epoll_create1(0);
    for (int i = 0; i < connections; i++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
        struct sockaddr_in address = {.sin_family = AF_INET,
                                      .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                      .sin_port = htons((uint16_t)atoi(argv[1]))};
        if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) fail("connect");
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        all[i] = (struct connection){.fd = fd, .skipping = argc > 7 ? (size_t)atoi(argv[7]) : 0};
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &all[i]};
        epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
        send_requests(&all[i], (size_t)depth);
    }
    double start = now(), warm = start + 0.33, end = warm + seconds, began = 0, cpu = 0;
    uint64_t before = 0;
    for (;;) {
        struct epoll_event events[256];
        int count = epoll_wait(poll, events, 256, 2000);
        if (count == 0) {
            errno = ETIMEDOUT;
            fail("no answer within 2 seconds");
        }
        for (int i = 0; i < count; i++) receive(events[i].data.ptr, buffer, depth);
        double time = now();
        if (!is_counting && time >= warm) {
            is_counting = 1;
            began = time;
            before = answers;
            cpu = cpu_of(pid);
        }
        if (time < end) continue;
        cpu = cpu_of(pid) - cpu;
        double messages = (double)(answers - before);
        qsort(latencies, latency_count, sizeof *latencies, compare);
        printf("{\"rate\":%.0f,\"cpu_us\":%.4f,\"p50_us\":%.2f,\"p99_us\":%.2f}\n", messages / (time - began),
               cpu * 1e6 / messages, latency_count > 0 ? latencies[latency_count / 2] : 0,
               latency_count > 0 ? latencies[latency_count * 99 / 100] : 0);
        return 0;
    }
}
