// Preloaded, it makes every send to the port that LOST_PORT names fail as it does when the peer is gone.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static int is_lost(int fd) {
    struct sockaddr_in peer;
    socklen_t size = sizeof peer;
    const char *port = getenv("LOST_PORT");
    return port != NULL && getpeername(fd, (struct sockaddr *)&peer, &size) == 0 && peer.sin_family == AF_INET
        && ntohs(peer.sin_port) == atoi(port);
}

ssize_t send(int fd, const void *bytes, size_t count, int flags) {
    ssize_t (*real)(int, const void *, size_t, int) = dlsym(RTLD_NEXT, "send");
    if (!is_lost(fd)) return real(fd, bytes, count, flags);
    errno = ECONNRESET;
    return -1;
}

ssize_t write(int fd, const void *bytes, size_t count) {
    ssize_t (*real)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
    if (!is_lost(fd)) return real(fd, bytes, count);
    errno = EPIPE;
    return -1;
}
