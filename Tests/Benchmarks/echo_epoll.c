// The fastest plain server that one thread can be: echoes frames behind a 4-byte length, most significant byte first, or
// with `lines` whole lines.
//
//     echo_epoll PORT-FILE [lines | writing FILE]
//
// All whole frames of a read leave in one send; of a frame that is not all there the rest is kept.
//
// With a FILE it does what a recorder cannot do without, and nothing else of what that does: as many bytes as a recording has
// of a frame and its echo are handed to the kernel, in one write for all that was read in a turn, before any of it leaves.
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
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "listen.h"

enum { buffer_bytes = 64 << 10, max_frame_bytes = 1 << 20, recorded_bytes = 300, turn_bytes = 1 << 20 };

struct connection {
    int fd;
    char *rest;
    size_t rest_count;
    char *answer;
    size_t answer_count;
};

static int send_all(int fd, const char *bytes, size_t count) {
    while (count > 0) {
        ssize_t sent = send(fd, bytes, count, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) {
            wait_for(fd, POLLOUT);
            continue;
        }
        if (sent <= 0) return -1;
        bytes += sent;
        count -= (size_t)sent;
    }
    return 0;
}

static int speaks_lines;
static int file = -1;
static size_t recorded;

// The bytes of all whole frames at the front, or -1.
static ssize_t whole_frames(const char *bytes, size_t count) {
    if (speaks_lines) {
        const char *last = memrchr(bytes, '\n', count);
        return last != NULL ? last + 1 - bytes : count > max_frame_bytes ? -1 : 0;
    }
    size_t offset = 0;
    while (count - offset >= 4) {
        uint32_t length;
        memcpy(&length, bytes + offset, 4);
        length = ntohl(length);
        if (length > max_frame_bytes) return -1;
        if (count - offset - 4 < length) break;
        offset += 4 + length;
        if (file >= 0) recorded += recorded_bytes;
    }
    return (ssize_t)offset;
}

// Keeps an answer until what is recorded of it has been written.
static void keep(struct connection *c, const char *bytes, size_t count) {
    if (count == 0) return;
    c->answer = realloc(c->answer, c->answer_count + count);
    memcpy(c->answer + c->answer_count, bytes, count);
    c->answer_count += count;
}

static void write_recorded(void) {
    static char text[turn_bytes];
    if (text[0] == 0) memset(text, 'x', sizeof text);
    while (recorded > 0) {
        ssize_t written = write(file, text, recorded < sizeof text ? recorded : sizeof text);
        if (written <= 0) exit(74);
        recorded -= (size_t)written;
    }
}

static int serve(struct connection *c, char *buffer) {
    if (c->rest_count > 0) memcpy(buffer, c->rest, c->rest_count);
    ssize_t got = recv(c->fd, buffer + c->rest_count, buffer_bytes, 0);
    if (got < 0 && errno == EAGAIN) return 0;
    if (got <= 0) return -1;
    size_t count = c->rest_count + (size_t)got;
    ssize_t whole = whole_frames(buffer, count);
    if (whole < 0) return -1;
    if (file >= 0) {
        keep(c, buffer, (size_t)whole);
    } else if (whole > 0 && send_all(c->fd, buffer, (size_t)whole) < 0) {
        return -1;
    }
    c->rest_count = count - (size_t)whole;
    if (c->rest_count > 0) {
        c->rest = realloc(c->rest, c->rest_count);
        memcpy(c->rest, buffer + whole, c->rest_count);
    }
    return 0;
}

int main(int argc, char **argv) {
    if (argc < 2) return 64;
    speaks_lines = argc > 2 && strcmp(argv[2], "lines") == 0;
    if (argc > 3 && strcmp(argv[2], "writing") == 0) {
        file = open(argv[3], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (file < 0) return 73;
    }
    char *buffer = malloc(buffer_bytes + max_frame_bytes + 4);
    int listener = listen_on_any_port(argv[1]);
    int poll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        struct epoll_event events[256];
        int count = epoll_wait(poll, events, 256, -1);
        for (int i = 0; i < count; i++) {
            struct connection *c = events[i].data.ptr;
            if (c == NULL) {
                int fd = accept_ready(listener);
                if (fd < 0) continue;
                c = calloc(1, sizeof *c);
                c->fd = fd;
                event.data.ptr = c;
                epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
            } else if (serve(c, buffer) < 0) {
                close(c->fd);
                free(c->rest);
                free(c->answer);
                free(c);
                events[i].data.ptr = NULL;
            }
        }
        if (recorded == 0) continue;
        write_recorded();
        for (int i = 0; i < count; i++) {
            struct connection *c = events[i].data.ptr;
            if (c == NULL || c->answer_count == 0) continue;
            // Who is gone is seen by the next read.
            send_all(c->fd, c->answer, c->answer_count);
            c->answer_count = 0;
        }
    }
}
