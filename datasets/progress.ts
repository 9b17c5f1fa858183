/** Called with what is being done now, and how far it is (0 to 1) where that is known. */
export type Progress = (stage: string, fraction?: number) => void;
