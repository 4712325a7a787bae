#ifndef TAPEDECK_CYAML_SHIM_H
#define TAPEDECK_CYAML_SHIM_H
// libyaml's own header: apt-get install libyaml-dev.
#include <yaml.h>
#endif
