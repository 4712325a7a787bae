#ifndef TAPEDECK_CEPOLL_SHIM_H
#define TAPEDECK_CEPOLL_SHIM_H
// What Linux has beside POSIX to wait for sockets, which Swift's Glibc leaves out.
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#endif
