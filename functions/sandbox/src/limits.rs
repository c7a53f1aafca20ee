//! What a piece of code is given.

/// Limits and surroundings of one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of code.
    pub source: usize,
    /// Brackets inside each other in JavaScript; ten times as many operators in a row. Its parser takes 28 KB of stack a
    /// bracket, and threads of the server have 2 MB.
    pub nesting: usize,
    /// Instructions. Ten million take one to two seconds.
    pub steps: u64,
    /// Bytes of values at one time.
    pub memory: usize,
    /// Calls inside each other.
    pub recursion: usize,
    /// Bytes of what `main` returns, as JSON.
    pub output: usize,
    /// Characters of one text in what `main` returns.
    pub string: usize,
    /// Levels of what `main` returns, counted from an output.
    pub depth: usize,
    /// Items of an output that is a list of texts.
    pub strings: usize,
    /// Items of an output that is a list of objects.
    pub objects: usize,
    /// Items of an output that is a list of numbers.
    pub numbers: usize,
    /// The time that the code sees, in milliseconds since 1970 (UTC); without one, asking for it is an error.
    pub now: Option<i64>,
}

/// Outputs as Dify limits them.
impl Default for Limits {
    fn default() -> Self {
        Self {
            source: 256 << 10,
            nesting: 40,
            steps: 20_000_000,
            memory: 64 << 20,
            recursion: 400,
            output: 4 << 20,
            string: 400_000,
            depth: 5,
            strings: 30,
            objects: 30,
            numbers: 1000,
            now: None,
        }
    }
}
