// private_postgres: a PostgreSQL of one's own for a script. Prints the URL of an
// empty database, another for each line that it reads, and ends, with all of
// them, when there are no more lines.
#include "tests/support/private_postgres.hpp"

#include <cstdio>
#include <exception>
#include <iostream>
#include <string>

int main() {
  try {
    tandem::test::private_postgres& server = tandem::test::private_postgres::running();
    std::string line;
    do {
      std::cout << server.url(server.add_empty_database()) << std::endl;
    } while (std::getline(std::cin, line));
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "private_postgres: %s\n", error.what());
    return 1;
  }
}
