// The plainest relay: copies bytes between each client and its own connection to one server.
//
//     relay_copy PORT-FILE UPSTREAM-PORT
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "listen.h"

enum { buffer_bytes = 64 << 10 };

struct end {
    int fd;
    struct end *other;
};

static int connect_to(int port) {
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)port)};
    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) return -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

// Gives -1 when the session is over.
static int copy(struct end *from, char *buffer) {
    ssize_t got = recv(from->fd, buffer, buffer_bytes, MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) return 0;
    if (got <= 0) return -1;
    for (ssize_t offset = 0; offset < got;) {
        ssize_t sent = send(from->other->fd, buffer + offset, (size_t)(got - offset), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EAGAIN) {
            wait_for(from->other->fd, POLLOUT);
        } else if (sent <= 0) {
            return -1;
        } else {
            offset += sent;
        }
    }
    return 0;
}

static void add(int poll, struct end *end) {
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = end};
    epoll_ctl(poll, EPOLL_CTL_ADD, end->fd, &event);
}

int main(int argc, char **argv) {
    if (argc != 3) return 64;
    char *buffer = malloc(buffer_bytes);
    int listener = listen_on_any_port(argv[1]);
    int poll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        struct epoll_event events[256];
        int count = epoll_wait(poll, events, 256, -1);
        for (int i = 0; i < count; i++) {
            struct end *end = events[i].data.ptr;
            if (end == NULL) {
                int client = accept_ready(listener);
                if (client < 0) continue;
                int server = connect_to(atoi(argv[2]));
                struct end *pair = calloc(2, sizeof *pair);
                pair[0] = (struct end){.fd = client, .other = &pair[1]};
                pair[1] = (struct end){.fd = server, .other = &pair[0]};
                add(poll, &pair[0]);
                add(poll, &pair[1]);
            } else if (end->fd >= 0 && copy(end, buffer) < 0) {
                // The pair stays: an event of this round may name the other end.
                close(end->other->fd);
                close(end->fd);
                end->fd = end->other->fd = -1;
            }
        }
    }
}
