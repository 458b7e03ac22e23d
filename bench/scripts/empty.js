// One iteration that does nothing: what it takes to start and end.
export default function () {}
