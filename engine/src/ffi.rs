//! The C interface of `libchdb`: the only module with unsafe code. Every type here is safe to use from outside:
//! a stream borrows its connection, and dropping a value frees what C gave out.
#![expect(unsafe_code, reason = "crosses the C boundary of libchdb, which is loaded at run time")]

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::path::Path;
use std::ptr::NonNull;

use crate::exception::Exception;

type Ptr = *mut c_void;
type Bound = unsafe extern "C" fn(
    Ptr,
    *const c_char,
    usize,
    *const c_char,
    usize,
    *const *const c_char,
    *const usize,
    *const *const c_char,
    *const usize,
    usize,
) -> Ptr;

/// The functions of a loaded `libchdb`. It is never unloaded: its threads live as long as the process.
pub(crate) struct Library {
    connect: unsafe extern "C" fn(c_int, *mut *mut c_char) -> *mut Ptr,
    close: unsafe extern "C" fn(*mut Ptr),
    query: Bound,
    stream_query: Bound,
    stream_fetch: unsafe extern "C" fn(Ptr, Ptr) -> Ptr,
    stream_cancel: unsafe extern "C" fn(Ptr, Ptr),
    stream_insert: Bound,
    stream_append: unsafe extern "C" fn(Ptr, *const c_char, usize) -> c_int,
    stream_done: unsafe extern "C" fn(Ptr) -> Ptr,
    cancel_insert: unsafe extern "C" fn(Ptr),
    insert_error: unsafe extern "C" fn(Ptr) -> *const c_char,
    destroy_insert: unsafe extern "C" fn(Ptr),
    destroy_result: unsafe extern "C" fn(Ptr),
    result_buffer: unsafe extern "C" fn(Ptr) -> *const u8,
    result_length: unsafe extern "C" fn(Ptr) -> usize,
    result_error: unsafe extern "C" fn(Ptr) -> *const c_char,
    counters: [unsafe extern "C" fn(Ptr) -> u64; 6],
}

/// What the engine counted while it ran a query.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Stats {
    pub(crate) result_rows: u64,
    pub(crate) result_bytes: u64,
    pub(crate) written_rows: u64,
    pub(crate) written_bytes: u64,
    pub(crate) read_rows: u64,
    pub(crate) read_bytes: u64,
}

impl Library {
    /// Loads the library and keeps it loaded until the process ends.
    pub(crate) fn load(path: &Path) -> Result<&'static Self, libloading::Error> {
        // SAFETY: libchdb's initialisers have no preconditions; signal handlers are turned off below, before use.
        let library = Box::leak(Box::new(unsafe { libloading::Library::new(path)? }));
        // SAFETY: the names and signatures are those of the C header of chdb 26.
        unsafe {
            let quiet: unsafe extern "C" fn(c_int) = symbol(library, "chdb_set_signal_handlers_enabled")?;
            quiet(0);
            Ok(Box::leak(Box::new(Self {
                connect: symbol(library, "chdb_connect")?,
                close: symbol(library, "chdb_close_conn")?,
                query: symbol(library, "chdb_query_with_params_n")?,
                stream_query: symbol(library, "chdb_stream_query_with_params_n")?,
                stream_fetch: symbol(library, "chdb_stream_fetch_result")?,
                stream_cancel: symbol(library, "chdb_stream_cancel_query")?,
                stream_insert: symbol(library, "chdb_stream_insert_with_params_n")?,
                stream_append: symbol(library, "chdb_stream_append")?,
                stream_done: symbol(library, "chdb_stream_done")?,
                cancel_insert: symbol(library, "chdb_stream_cancel_insert")?,
                insert_error: symbol(library, "chdb_stream_insert_error")?,
                destroy_insert: symbol(library, "chdb_destroy_insert_stream")?,
                destroy_result: symbol(library, "chdb_destroy_query_result")?,
                result_buffer: symbol(library, "chdb_result_buffer")?,
                result_length: symbol(library, "chdb_result_length")?,
                result_error: symbol(library, "chdb_result_error")?,
                counters: [
                    symbol(library, "chdb_result_rows_read")?,
                    symbol(library, "chdb_result_bytes_read")?,
                    symbol(library, "chdb_result_rows_written")?,
                    symbol(library, "chdb_result_bytes_written")?,
                    symbol(library, "chdb_result_storage_rows_read")?,
                    symbol(library, "chdb_result_storage_bytes_read")?,
                ],
            })))
        }
    }
}

/// Looks a function up by its C name.
///
/// # Safety
/// `T` must be a function pointer with the C function's signature.
unsafe fn symbol<T: Copy>(library: &libloading::Library, name: &str) -> Result<T, libloading::Error> {
    // SAFETY: the caller vouches for the signature.
    unsafe { library.get::<T>(name.as_bytes()).map(|found| *found) }
}

/// One connection: its own settings, current database and temporary tables. Queries on it run one after another.
pub(crate) struct Connection {
    library: &'static Library,
    outer: NonNull<Ptr>,
    inner: NonNull<c_void>,
}

// SAFETY: a connection is used by one thread at a time (`&mut self`), and libchdb ties it to no thread.
unsafe impl Send for Connection {}

impl Connection {
    /// Connects with command-line style arguments (`--path=..`); `None` when the engine refuses (it says why on stderr).
    pub(crate) fn open(library: &'static Library, args: &[CString]) -> Option<Self> {
        let mut argv: Vec<*mut c_char> = args.iter().map(|arg| arg.as_ptr().cast_mut()).collect();
        let argc = c_int::try_from(argv.len()).ok()?;
        // SAFETY: argv holds argc valid C strings for the length of the call, and chdb does not change them.
        let outer = NonNull::new(unsafe { (library.connect)(argc, argv.as_mut_ptr()) })?;
        // SAFETY: a successful connect returns a pointer to a handle.
        let inner = NonNull::new(unsafe { *outer.as_ptr() })?;
        Some(Self { library, outer, inner })
    }

    /// Runs a query to its end and returns the whole result.
    pub(crate) fn query(
        &mut self,
        sql: &[u8],
        format: &str,
        params: &Params,
    ) -> Result<QueryResult, Exception> {
        let result = self.call(self.library.query, sql, format, params);
        QueryResult::checked(self.library, result)
    }

    /// Starts a SELECT whose result is fetched block by block.
    pub(crate) fn stream(
        &mut self,
        sql: &[u8],
        format: &str,
        params: &Params,
    ) -> Result<QueryStream<'_>, Exception> {
        let handle = self.call(self.library.stream_query, sql, format, params);
        let handle = QueryResult::checked(self.library, handle)?;
        Ok(QueryStream { connection: self, handle })
    }

    /// Starts an INSERT that is fed with data in `format`; the SQL must have no FORMAT clause.
    pub(crate) fn insert(
        &mut self,
        sql: &[u8],
        format: &str,
        params: &Params,
    ) -> Result<InsertStream<'_>, Exception> {
        let raw = self.call(self.library.stream_insert, sql, format, params);
        let handle =
            NonNull::new(raw).ok_or_else(|| Exception::internal("the engine gave no insert stream"))?;
        let stream = InsertStream { connection: self, handle, open: true };
        match stream.error() {
            Some(message) => Err(Exception::parse(&message)),
            None => Ok(stream),
        }
    }

    fn call(&mut self, function: Bound, sql: &[u8], format: &str, params: &Params) -> Ptr {
        let pointers = |column: &[Vec<u8>]| column.iter().map(|v| v.as_ptr().cast()).collect::<Vec<_>>();
        let lengths = |column: &[Vec<u8>]| column.iter().map(Vec::len).collect::<Vec<_>>();
        let (names, values) = (pointers(&params.names), pointers(&params.values));
        let (name_sizes, value_sizes) = (lengths(&params.names), lengths(&params.values));
        // SAFETY: every pointer belongs to a slice that outlives the call, with its length beside it.
        unsafe {
            function(
                self.inner.as_ptr(),
                sql.as_ptr().cast(),
                sql.len(),
                format.as_ptr().cast(),
                format.len(),
                names.as_ptr(),
                name_sizes.as_ptr(),
                values.as_ptr(),
                value_sizes.as_ptr(),
                names.len(),
            )
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // SAFETY: `outer` came from chdb_connect and is closed once.
        unsafe { (self.library.close)(self.outer.as_ptr()) }
    }
}

/// Bound query parameters (`{name:Type}` in SQL), as parallel columns.
#[derive(Clone, Debug, Default)]
pub(crate) struct Params {
    names: Vec<Vec<u8>>,
    values: Vec<Vec<u8>>,
}

impl Params {
    /// Adds a parameter; a later one of the same name replaces the earlier.
    pub(crate) fn set(&mut self, name: &str, value: &[u8]) {
        if let Some(at) = self.names.iter().position(|known| known == name.as_bytes()) {
            self.values[at] = value.to_vec();
        } else {
            self.names.push(name.as_bytes().to_vec());
            self.values.push(value.to_vec());
        }
    }
}

/// A result owned by the engine; freed on drop, so it can back a `Bytes` without a copy.
pub(crate) struct QueryResult {
    library: &'static Library,
    raw: NonNull<c_void>,
}

// SAFETY: a result is an immutable buffer with no tie to the thread or connection that made it.
unsafe impl Send for QueryResult {}

impl QueryResult {
    fn checked(library: &'static Library, raw: Ptr) -> Result<Self, Exception> {
        let raw = NonNull::new(raw).ok_or_else(|| Exception::internal("the engine gave no result"))?;
        let result = Self { library, raw };
        // SAFETY: the pointer is a live result; the message is copied before the result is freed.
        match unsafe { text((library.result_error)(raw.as_ptr())) } {
            Some(message) => Err(Exception::parse(&message)),
            None => Ok(result),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.as_ref().is_empty()
    }

    pub(crate) fn stats(&self) -> Stats {
        // SAFETY: the pointer is a live result.
        let [result_rows, result_bytes, written_rows, written_bytes, read_rows, read_bytes] =
            self.library.counters.map(|counter| unsafe { counter(self.raw.as_ptr()) });
        Stats { result_rows, result_bytes, written_rows, written_bytes, read_rows, read_bytes }
    }
}

impl AsRef<[u8]> for QueryResult {
    fn as_ref(&self) -> &[u8] {
        // SAFETY: the buffer is valid for its length until the result is destroyed.
        unsafe {
            let (data, length) = (
                (self.library.result_buffer)(self.raw.as_ptr()),
                (self.library.result_length)(self.raw.as_ptr()),
            );
            if data.is_null() || length == 0 { &[] } else { std::slice::from_raw_parts(data, length) }
        }
    }
}

impl Drop for QueryResult {
    fn drop(&mut self) {
        // SAFETY: the result is destroyed once.
        unsafe { (self.library.destroy_result)(self.raw.as_ptr()) }
    }
}

/// A running SELECT; dropping it cancels what is left.
pub(crate) struct QueryStream<'c> {
    connection: &'c mut Connection,
    handle: QueryResult,
}

impl QueryStream<'_> {
    /// The next block, formatted on its own (with the format's header, if it has one); `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<QueryResult>, Exception> {
        let library = self.connection.library;
        // SAFETY: connection and handle are live and belong together.
        let raw = unsafe { (library.stream_fetch)(self.connection.inner.as_ptr(), self.handle.raw.as_ptr()) };
        let result = QueryResult::checked(library, raw)?;
        Ok((!result.is_empty()).then_some(result))
    }
}

impl Drop for QueryStream<'_> {
    fn drop(&mut self) {
        // SAFETY: connection and handle are live; cancelling a finished stream does nothing.
        unsafe {
            (self.connection.library.stream_cancel)(self.connection.inner.as_ptr(), self.handle.raw.as_ptr());
        }
    }
}

/// A running INSERT; dropping it before `finish` cancels it (blocks that are already written stay).
pub(crate) struct InsertStream<'c> {
    connection: &'c mut Connection,
    handle: NonNull<c_void>,
    open: bool,
}

impl InsertStream<'_> {
    /// Feeds data; it may be split anywhere.
    pub(crate) fn append(&mut self, data: &[u8]) -> Result<(), Exception> {
        let library = self.connection.library;
        // SAFETY: the slice is live for the call; the engine copies it or consumes it before it returns.
        let code = unsafe { (library.stream_append)(self.handle.as_ptr(), data.as_ptr().cast(), data.len()) };
        match (code, self.error()) {
            (0, _) => Ok(()),
            (_, Some(message)) => Err(Exception::parse(&message)),
            (_, None) => Err(Exception::internal("the engine stopped taking the insert's data")),
        }
    }

    /// Ends the data and waits until all of it is written.
    pub(crate) fn finish(mut self) -> Result<Stats, Exception> {
        self.open = false;
        let library = self.connection.library;
        // SAFETY: the handle is live and finished once.
        let raw = unsafe { (library.stream_done)(self.handle.as_ptr()) };
        QueryResult::checked(library, raw).map(|result| result.stats())
    }

    fn error(&self) -> Option<String> {
        // SAFETY: the handle is live; the message is copied at once.
        unsafe { text((self.connection.library.insert_error)(self.handle.as_ptr())) }
    }
}

impl Drop for InsertStream<'_> {
    fn drop(&mut self) {
        let library = self.connection.library;
        // SAFETY: the handle is live and destroyed once.
        unsafe {
            if self.open {
                (library.cancel_insert)(self.handle.as_ptr());
            }
            (library.destroy_insert)(self.handle.as_ptr());
        }
    }
}

/// Copies a C string; `None` for null and for the empty string.
///
/// # Safety
/// `pointer` must be null or a C string that lives for the call.
unsafe fn text(pointer: *const c_char) -> Option<String> {
    if pointer.is_null() {
        return None;
    }
    // SAFETY: not null, and the caller vouches for the rest.
    let message = unsafe { CStr::from_ptr(pointer) }.to_string_lossy().into_owned();
    (!message.is_empty()).then_some(message)
}
