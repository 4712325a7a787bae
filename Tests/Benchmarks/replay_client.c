// The plainest replay there can be: one session after the other connects, sends each of its messages, compares the bytes of the
// answer with those that are expected, and closes.
//
//     replay_client PORT SCRIPT-FILE MESSAGES [ends]
//
// With `ends` each session says that it sends no more, and the next one begins when the server has ended it too, as a recording
// of such clients has it; without, it closes and goes on.
//
// The script holds all messages one behind the other, each behind four bytes that say its length (most significant first); so
// many of them make a session, and an answer is to be the message itself. The result is a line of JSON: sessions a second,
// and the processor time of each in microseconds.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { buffer_bytes = 64 << 10 };

static void fail(const char *what) {
    fprintf(stderr, "replay_client: %s: %s\n", what, strerror(errno));
    exit(2);
}

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int connect_to(int port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)port)};
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0) fail("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

// Sends one message and compares its answer.
static void exchange(int fd, const char *message, size_t count) {
    static char buffer[buffer_bytes];
    for (size_t offset = 0; offset < count;) {
        ssize_t sent = send(fd, message + offset, count - offset, MSG_NOSIGNAL);
        if (sent <= 0) fail("send");
        offset += (size_t)sent;
    }
    for (size_t offset = 0; offset < count;) {
        ssize_t got = recv(fd, buffer, sizeof buffer, 0);
        if (got <= 0) fail("the server closed a connection");
        errno = EPROTO;
        if ((size_t)got > count - offset) fail("the answer is too long");
        if (memcmp(buffer, message + offset, (size_t)got) != 0) fail("an answer differs");
        offset += (size_t)got;
    }
}

// Ends a session, and waits until the server has.
static void end(int fd) {
    char byte;
    if (shutdown(fd, SHUT_WR) < 0) fail("shutdown");
    ssize_t got = recv(fd, &byte, 1, 0);
    errno = EPROTO;
    if (got != 0) fail("the server does not end");
}

int main(int argc, char **argv) {
    if (argc < 4) return 64;
    int awaits_ends = argc > 4 && strcmp(argv[4], "ends") == 0;
    int port = atoi(argv[1]), messages = atoi(argv[3]), file = open(argv[2], O_RDONLY);
    struct stat status;
    if (file < 0 || fstat(file, &status) < 0) fail(argv[2]);
    const char *next = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
    if (next == MAP_FAILED) fail("mmap");
    const char *last = next + status.st_size;
    double start = seconds();
    long sessions = 0;
    while (next < last) {
        int fd = connect_to(port);
        for (int i = 0; i < messages && next < last; i++) {
            uint32_t length;
            memcpy(&length, next, 4);
            length = ntohl(length);
            exchange(fd, next + 4, length);
            next += 4 + length;
        }
        if (awaits_ends) end(fd);
        close(fd);
        sessions++;
    }
    double took = seconds() - start;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6
                 + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
    printf("{\"rate\":%.1f,\"cpu_us\":%.3f}\n", (double)sessions / took, cpu / (double)sessions);
    return 0;
}
