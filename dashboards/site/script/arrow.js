// The engine imports these from "apache-arrow", whose one-file build makes a global of itself.

export const { RecordBatchReader, Table, Type } = globalThis.Arrow;
