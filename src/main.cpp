#include <string>
#include <vector>

#include "cli/main.h"

int main(int argc, char** argv) { return exporter::cli::main(std::vector<std::string>(argv + 1, argv + argc)); }
