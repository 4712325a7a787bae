#ifndef TAPEDECK_CPCAP_SHIM_H
#define TAPEDECK_CPCAP_SHIM_H
// libpcap's own header, under one name whatever the system's include path: apt-get install libpcap-dev.
#include <pcap/pcap.h>
#endif
