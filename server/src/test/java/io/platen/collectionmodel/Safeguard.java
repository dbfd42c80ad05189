package io.platen.collectionmodel;

/**
 * What the protocol rests on: rules 1 to 12 are those of the fleet's design, 13 and 14 are about
 * indexes and repairs. The model can do without each one, to show what is lost then.
 */
enum Safeguard {
  LEARNS_UNDER_ITS_ROW(1, "a session learns nothing before its row is there"),
  NEW_ROW_LEARNS_ANEW(1, "a session that lost its row forgets what it learned under it"),
  ROW_KEEPS_GENERATION(1, "a session's row keeps the generation that it was made with"),

  LOOKS_AT_FOUND(2, "a session looks at chunks that it finds"),
  LOOKS_AT_PUT(2, "a session looks at chunks that it puts"),
  LOOKS_AT_INHERITED(2, "a session looks at chunks that it inherits"),
  LOOK_REMOVES_CONDEMNED(2, "a look removes a condemned row"),
  LOOK_REMOVES_ONLY_CONDEMNED(2, "a look removes a row only while that is still condemned"),
  LOOK_WAITS_FOR_DELETING(2, "a look waits for a deleting row"),
  LOOK_READS_EPOCH(2, "a look reads the chunk's epoch"),

  LOOKS_BEFORE_ASKING(3, "a session looks first, and asks S3 then"),
  ASKS_AT_EPOCH(3, "a session asks for the key of the chunk's epoch"),
  PUTS_AT_EPOCH(3, "a session puts to the key of the chunk's epoch"),

  KNOWN_BY_ROOT(4, "only a root makes its chunks known"),
  KNOWN_BY_ROOT_SINCE_LOOK(4, "only a root at the look or later makes its chunks known"),
  KNOWN_BY_ROOT_OF_STORE(4, "only a root of the same store makes its chunks known"),

  KEYS_CARRY_ATTEMPT(5, "keys of indexes carry the attempt"),
  ROW_NAMES_ATTEMPT(5, "the template's row names the attempt whose index counts"),
  INDEX_PUT_BEFORE_PUBLISHING(5, "an index is put before it is published"),

  PUBLISHES_WITH_ROW_ONLY(6, "a session publishes only where its row is there"),
  PUBLISHING_LOCKS_ROW(6, "publishing locks the session's row before it looks at it"),
  ROW_GOES_WITH_PUBLICATION(6, "the session's row goes in the transaction that publishes"),

  DELETED_IS_ROOT(7, "a template that can be undeleted is a root"),
  UNDELETE_RESPECTS_PURGE(7, "a purged template is not undeleted"),
  NO_CLOCK_DECIDES(7, "a purge ends a root, and no collection's clock"),
  MACHINES_ARE_ROOTS(7, "what a machine stands on is a root"),
  LAUNCHES_ARE_ROOTS(7, "what a launch under way needs is a root"),
  LAUNCH_LOCKS_TEMPLATE(7, "a launch begins in the transaction that sees its template available"),

  BEGINS_IN_ONE_TRANSACTION(8, "a collection takes the lease and clears up in one transaction"),
  FORGETS_CONDEMNED(8, "a collection forgets the condemned rows of others"),
  MOVES_DELETING(8, "a collection moves chunks with a deleting row of others to their next epoch"),
  CONDEMNS_WITH_LEASE(8, "condemning checks the lease"),
  CONDEMNING_LOCKS_LEASE(8, "condemning locks the lease that it checks"),
  TAKES_WITH_LEASE(8, "taking to deleting checks the lease"),
  TAKING_LOCKS_LEASE(8, "taking to deleting locks the lease that it checks"),

  CONDEMNS_BEFORE_RAISING(9, "the generation is raised after the last row is condemned"),
  RAISES_GENERATION(9, "a collection raises the generation"),

  WAITS_FOR_OLDER_SESSIONS(10, "a collection waits for sessions of an older generation"),
  READS_ROOTS_AGAIN(10, "a collection reads the roots again, and pardons what they name"),
  READS_ROOTS_AFTER_WAITING(10, "a collection reads the roots again after it has waited"),
  PARDONS_ALL_UNMARKED(10, "a collection pardons by every root that it did not mark"),

  TAKES_BEFORE_DELETING(11, "a row is deleting before the DELETE is sent"),
  ROW_STAYS_UNTIL_ANSWERED(11, "a deleting row stays until the DELETE is answered"),
  CLEARS_OWN_ROWS(11, "a collection that has lost the lease clears no rows of the next one"),
  DELETES_ONCE(11, "a DELETE is sent once"),
  UNANSWERED_MOVES(11, "a chunk whose DELETE is not answered moves to its next epoch"),

  DELETES_BELOW_EPOCH(12, "objects below their chunk's epoch are deleted"),
  DELETES_ONLY_BELOW_EPOCH(12, "objects at another epoch are deleted only below the chunk's"),

  INDEXES_LISTED_BEFORE_RAISING(13, "indexes are listed before the generation is raised"),
  INDEXES_KEPT_BY_ROOTS_AFTER_WAITING(13, "indexes are kept by the roots read after the wait"),

  LOOK_SEES_MARK(14, "a look sees that a chunk is marked bad, and puts it"),
  BAD_CHUNK_STAYS(14, "a repair marks a bad chunk and deletes nothing"),
  BAD_CHUNK_KEEPS_EPOCH(14, "a repair marks a bad chunk and does not move it"),
  MARKS_OF_GONE_CHUNKS_GO(14, "a repair removes the mark of a chunk that is gone");

  /** The number of its rule. */
  final int rule;

  /** What it says. */
  final String text;

  Safeguard(int rule, String text) {
    this.rule = rule;
    this.text = text;
  }
}
