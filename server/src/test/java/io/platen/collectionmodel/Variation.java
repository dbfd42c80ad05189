package io.platen.collectionmodel;

/** What the protocol could do otherwise. Tests say which of these keep its promises. */
enum Variation {
  /** A session reads the generation in a transaction before the one that makes its row. */
  GENERATION_READ_BEFORE_ROW,

  /** A look removes a condemned row first, and reads row and epoch in a later transaction. */
  LOOK_IN_TWO_TRANSACTIONS,

  /** A look does not wait for a deleting row: it moves the chunk to its next epoch. */
  LOOK_MOVES_DELETING,

  /** A session asks S3 for nothing, and puts every chunk that no root makes known. */
  PUTS_WITHOUT_ASKING,

  /** A LIST may miss and invent any object at its chunk's epoch. */
  LIST_ANSWERS_ANYTHING,

  /** Roots are read in several transactions: templates one by one, then what machines stand on. */
  ROOTS_READ_IN_PAGES,

  /** The same, but what machines stand on is read first. */
  MACHINES_READ_FIRST,

  /** A collection takes the lease first, and clears up in transactions of its own, row by row. */
  CLEARS_UP_AFTER_LEASE,

  /** A collection lists before it reads the roots. */
  LISTS_BEFORE_MARKING,

  /** Pardoning does not check the lease. */
  PARDONS_WITHOUT_LEASE,

  /** Clearing rows does not check the lease, but whose they are. */
  CLEARS_WITHOUT_LEASE,

  /** Clearing rows does not check whose they are, but the lease. */
  CLEARS_ROWS_OF_OTHERS,

  /** A collection that finds deleting rows of another sends those DELETEs itself. */
  FINISHES_DELETING,

  /** A collection leaves deleting rows of others alone. */
  LEAVES_DELETING
}
