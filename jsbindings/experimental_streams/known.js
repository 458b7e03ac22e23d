// The classes of k6/experimental/streams, once a script has imported it: what uses them when they are there need not load
// them for everybody. Loaded by lazy(); the module puts them into `exports`.
