package thing

// Overlapping is the condition of Between.
var Overlapping = overlapping

// StaleCondition is the condition of the index of rows that wait to be indexed anew.
const StaleCondition = stale
